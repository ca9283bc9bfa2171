import { SluiceError } from '../errors/sluice-error.ts'

/** What a stream says: an event, or how long to wait before it is opened again. */
export type SseItem =
  | {
      readonly kind: 'event'
      readonly type: string
      readonly data: string
      /** The last id so far; empty where there was none. */
      readonly id: string
      /** The event brought this id itself. */
      readonly ownId: boolean
    }
  | { readonly kind: 'retry'; readonly waitMs: number }

export interface SseParser {
  /** Reads on. @throws SluiceError `ANSWER_REFUSED` for an event that is too long, after those before it. */
  read(chunk: Uint8Array): Generator<SseItem, void, void>
  /** Also without an event, as an id may come alone; not that of an event that was cut off. */
  readonly lastId: string
}

const lf = 10
const cr = 13

/**
 * Interprets an event stream, cut anywhere. `lastId` is that of the connection before.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function sseParser(maxEventBytes: number, lastId = ''): SseParser {
  const event = openEvent(lastId)
  const line = openLine()
  /** Bytes of the lines that the open event was read from. */
  let held = 0
  let afterCr = false

  function take(part: Uint8Array): void {
    if (held + line.size + part.byteLength > maxEventBytes)
      throw new SluiceError('ANSWER_REFUSED', `an event is longer than ${maxEventBytes} bytes`)
    line.append(part)
  }

  function endLine(): SseItem | undefined {
    const size = line.size
    const text = line.end()
    const item = text === '' ? event.dispatch() : event.field(text)
    // Comments that stand alone are heartbeats: they may go on for ever.
    held = event.isEmpty() ? 0 : held + size
    return item
  }

  return {
    *read(chunk) {
      let from = afterCr && chunk[0] === lf ? 1 : 0
      if (chunk.length > 0) afterCr = false
      for (let at = from; at < chunk.length; at += 1) {
        const byte = chunk[at]
        if (byte !== lf && byte !== cr) continue
        take(chunk.subarray(from, at))
        if (byte === cr && chunk[at + 1] === lf) at += 1
        else if (byte === cr && at + 1 === chunk.length) afterCr = true
        from = at + 1
        const item = endLine()
        if (item) yield item
      }
      take(chunk.subarray(from))
    },
    get lastId() {
      return event.lastId
    },
  }
}

/** The line that is being read. Decoded by itself as the whole stream would be: no line ends inside a character. */
function openLine() {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let bytes = new Uint8Array(256)
  let size = 0
  let isFirst = true
  return {
    get size() {
      return size
    },
    append(part: Uint8Array): void {
      if (size + part.byteLength > bytes.byteLength) {
        const larger = new Uint8Array(Math.max(2 * bytes.byteLength, size + part.byteLength))
        larger.set(bytes.subarray(0, size))
        bytes = larger
      }
      bytes.set(part, size)
      size += part.byteLength
    },
    end(): string {
      const text = decoder.decode(bytes.subarray(0, size))
      const line = isFirst && text.startsWith('\u{feff}') ? text.slice(1) : text
      isFirst = false
      size = 0
      return line
    },
  }
}

/** The event that is being read, field by field. */
function openEvent(lastId: string) {
  let id = lastId
  let type = ''
  let data = ''
  let ownId = false
  const event = {
    lastId,
    field(line: string): SseItem | undefined {
      const colon = line.indexOf(':')
      if (colon === 0) return undefined
      const name = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
      if (name === 'data') data += `${value}\n`
      else if (name === 'event') type = value
      else if (name === 'id' && !value.includes('\0')) {
        id = value
        ownId = true
      } else if (name === 'retry' && /^\d+$/.test(value)) return { kind: 'retry', waitMs: Number(value) }
      return undefined
    },
    isEmpty: (): boolean => data === '' && type === '',
    dispatch(): SseItem | undefined {
      const dispatched: SseItem | undefined =
        data === ''
          ? undefined
          : { kind: 'event', type: type || 'message', data: data.slice(0, -1), id, ownId }
      event.lastId = id
      type = ''
      data = ''
      ownId = false
      return dispatched
    },
  }
  return event
}
