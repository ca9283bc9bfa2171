import { stripVTControlCharacters, styleText } from 'node:util'

/** Controls, and the marks that turn the direction of text round: both can make a terminal show what is not there. */
const unsafe = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu
const unsafeInJson = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`

/** Text from outside, safe to show on one line of a terminal: what could steer the terminal is spelled out. */
export const plain = (value: string): string => value.replace(unsafe, escaped)

/** JSON for a program or a terminal: also what JSON lets through and a terminal obeys is escaped. */
export const json = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, undefined, indent) ?? 'null').replace(unsafeInJson, escaped)

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Paint = (style: Style, text: string) => string

export const painter =
  (color: boolean): Paint =>
  (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text

/** Columns as wide as their longest cell, two spaces between; the last one is cut at the terminal's edge. */
export function table(rows: readonly (readonly string[])[], columns = Number.POSITIVE_INFINITY): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, lengthOf(cell))
  }
  return rows.map((row) => `${line(row, widths, columns)}\n`).join('')
}

const lengthOf = (cell: string): number => stripVTControlCharacters(cell).length

function line(row: readonly string[], widths: readonly number[], columns: number): string {
  const last = row.length - 1
  const lead = row.slice(0, last).map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - lengthOf(cell) + 2))
  const room = columns - lengthOf(lead.join(''))
  const end = row[last] ?? ''
  return (lead.join('') + (lengthOf(end) > room && room > 1 ? `${end.slice(0, room - 1)}…` : end)).trimEnd()
}

/** `12 ms`, `3.4 s`, `2 min` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
}

const spans = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

/** `42 s`, `15 min`, `3 h`, `2 d`: whole units, rounded down. */
export function span(ms: number): string {
  const [size, unit] = spans.find(([each]) => ms >= each) ?? [1_000, 's']
  return `${Math.floor(ms / size)} ${unit}`
}

/** `1 event`, `2 events`, `1,200 events` */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
