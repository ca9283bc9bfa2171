import type { Io } from './io.ts'
import { json, painter, type Paint } from './text.ts'

/** How one command speaks: one JSON document, or text for a person. */
export interface Output {
  readonly asJson: boolean
  readonly paint: Paint
  /** What the command found. The text is made only when it is wanted. */
  result(document: unknown, text: () => string): void
  /** One line of a stream: a JSON document per line, or text. */
  entry(document: unknown, text: () => string): void
  /** For a person alone, beside the result. */
  note(text: string): void
}

export function outputOf(io: Io, flags: { readonly json?: boolean; readonly color?: boolean }): Output {
  const asJson = flags.json === true
  const paint = painter(io.terminal.color && flags.color !== false)
  return {
    asJson,
    paint,
    result: (document, text) => io.out(asJson ? `${json(document, 2)}\n` : text()),
    entry: (document, text) => io.out(asJson ? `${json(document)}\n` : text()),
    note: (text) => io.err(`${text}\n`),
  }
}
