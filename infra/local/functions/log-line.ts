/** Fields of a log line that say most to a person, in this order. */
const telling = ['provider', 'endpoint', 'handler', 'reason', 'code', 'status', 'error', 'eventId'] as const

/** What a terminal shows of a warning or an error in a function's log; `undefined` for every other line. */
export function troubleIn(line: string): string | undefined {
  if (!line.startsWith('{"level":"warn"') && !line.startsWith('{"level":"error"')) return undefined
  try {
    const fields = JSON.parse(line) as Readonly<Record<string, string | number>>
    const facts = telling
      .filter((name) => fields[name] !== undefined)
      .map((name) => `${name}=${fields[name]}`)
    return [String(fields['message']), ...facts].join(' ')
  } catch {
    return line
  }
}
