/** What a spreadsheet takes for the beginning of a formula, as itself or as its full-width twin. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

/**
 * A table as CSV with a header. Every cell is in quotes, and one that a spreadsheet would run begins with an apostrophe.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csv<Row extends object>(
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): string {
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(','))
  return [columns.map(cell).join(','), ...lines, ''].join('\r\n')
}

function cell(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const inert = typeof value === 'string' && formula.test(text) ? `'${text}` : text
  return `"${inert.replaceAll('"', '""')}"`
}
