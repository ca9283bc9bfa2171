import { InvalidArgumentError, type Command } from 'commander'
import type { Io } from './io.ts'
import { outputOf, type Output } from './output.ts'

/** What every command is registered with. */
export interface Context {
  readonly io: Io
  /** Sets the exit code of a command that has said all there is to say. */
  readonly end: (exitCode: number) => void
}

export const outputFor = (command: Command, io: Io): Output => outputOf(io, command.optsWithGlobals())

/** Reads an option's value as a whole number between two bounds, both included. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }

/** Reads an option's value as text that may stand in a header. */
export function headerText(text: string): string {
  if (/^[\u0020-\u007E]{1,128}$/.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 128 printable ASCII characters.')
}

/** The end of a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ sluice ${line}\n`).join('')}`

export const urlOption = [
  '--url <address>',
  'the Sluice to talk to (default: SLUICE_PUBLIC_URL, else the stack on this machine)',
] as const
