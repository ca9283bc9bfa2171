import { readFileSync } from 'node:fs'
import * as z from 'zod/mini'

/** A body as a person can read it: JSON where that gives back the same bytes, else text, else base64. Nothing: there is none. */
const Body = z.union([
  z.strictObject({ json: z.unknown() }),
  z.strictObject({ text: z.string() }),
  z.strictObject({ base64: z.string() }),
])
export type CassetteBody = z.infer<typeof Body>

const Headers = z.record(z.string(), z.string())

const Exchange = z.strictObject({
  request: z.strictObject({
    method: z.string(),
    /** Without query. */
    url: z.string(),
    /** `name=value`, sorted. */
    query: z.optional(z.array(z.string())),
    headers: z.optional(Headers),
    body: z.optional(Body),
  }),
  response: z.strictObject({
    status: z.int(),
    statusText: z.optional(z.string()),
    headers: Headers,
    body: z.optional(Body),
  }),
})
export type CassetteExchange = z.infer<typeof Exchange>

/** What was said and answered, in the order of the asking. */
const Cassette = z.strictObject({ version: z.literal(1), exchanges: z.array(Exchange) })
export type Cassette = z.infer<typeof Cassette>

/** @throws TypeError for a file that is no cassette of this version. */
export function readCassette(file: string): Cassette {
  const read = Cassette.safeParse(jsonIn(file))
  if (read.success) return read.data
  throw new TypeError(`${file} is no recording of this version: record it again`)
}

/** @throws TypeError for a file that holds no JSON. */
export function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new TypeError(`${file} can not be read as a recording`, { cause })
  }
}

/** The bytes as text, where they are text and nothing is lost. */
export function textOf(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  return Buffer.from(text, 'utf8').equals(buffer) ? text : undefined
}

export function bodyOf(content: string | Uint8Array): CassetteBody | undefined {
  if (content.length === 0) return undefined
  if (typeof content !== 'string') return { base64: Buffer.from(content).toString('base64') }
  try {
    const json: unknown = JSON.parse(content)
    if (JSON.stringify(json) === content) return { json }
  } catch {
    // It is text, then.
  }
  return { text: content }
}

export function bytesOf(body: CassetteBody | undefined): Uint8Array<ArrayBuffer> {
  if (!body) return new Uint8Array()
  if ('base64' in body) return new Uint8Array(Buffer.from(body.base64, 'base64'))
  return new Uint8Array(Buffer.from('text' in body ? body.text : JSON.stringify(body.json)))
}
