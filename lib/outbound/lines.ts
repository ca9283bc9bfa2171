import { jsonOf } from './api-client.ts'
import { refused } from './page-turn.ts'

/**
 * A body of JSON lines (NDJSON), one value at a time, read as it arrives. Empty lines are passed over.
 * @throws SluiceError `ANSWER_REFUSED` for a line that is longer than `maxLineBytes` (default 1 MiB) or no JSON
 */
export async function* jsonLines(
  body: ReadableStream<Uint8Array> | null,
  maxLineBytes = 1_048_576,
): AsyncGenerator<unknown, void, void> {
  let open: Uint8Array[] = []
  let size = 0
  const take = (): string => {
    const line = Buffer.concat(open).toString('utf8').trim()
    open = []
    size = 0
    return line
  }
  for await (const chunk of body ?? []) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      open.push(chunk.subarray(from, end))
      from = end + 1
      const line = take()
      if (line !== '') yield jsonOf(line)
    }
    open.push(chunk.subarray(from))
    size += chunk.byteLength - from
    if (size > maxLineBytes) throw refused(`a line is longer than ${maxLineBytes} bytes`)
  }
  const last = take()
  if (last !== '') yield jsonOf(last)
}
