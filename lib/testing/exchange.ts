import type { Fetch } from '../outbound/fetch-shape.ts'
import { bodyOf, textOf, type CassetteBody, type CassetteExchange } from './cassette.ts'
import { scrubbedBytes, scrubbedFields, scrubbedPath, scrubbedText } from './scrub-parts.ts'
import type { Scrubber } from './scrubber.ts'

/** A request with its body read, and what to ask it with. */
export interface AskedRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly again: Parameters<Fetch>
}

interface Answered {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface Taken {
  readonly asked: AskedRequest
  answer: Answered | undefined
}

/** For a path alone, as it is given to a connection's `fetch`: it says no origin. */
const noOrigin = 'https://connection.invalid'

export async function askedOf(...[input, init]: Parameters<Fetch>): Promise<AskedRequest> {
  const isPath = typeof input === 'string' && input.startsWith('/')
  const request = new Request(isPath ? noOrigin + input : input, init)
  const { method, headers, signal, redirect } = request
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  return {
    method,
    url: new URL(request.url),
    headers,
    bytes: bytes ?? new Uint8Array(),
    again: [
      isPath ? input : request.url,
      { method, headers, signal, redirect, ...(bytes && { body: bytes }) },
    ],
  }
}

/** The exchange as it may be kept. */
export function exchangeOf(asked: AskedRequest, answer: Answered, scrub: Scrubber): CassetteExchange {
  const { status, statusText, headers, bytes } = answer
  const body = keptBody(bytes, headers.get('content-type') ?? '', scrub)
  return {
    request: keptRequest(asked, scrub),
    response: {
      status,
      ...(statusText !== '' && { statusText: scrub.text(statusText) }),
      headers: keptHeaders(headers, scrub),
      ...(body && { body }),
    },
  }
}

/** Headers of requests are many and say little: only those that say what is sent and wanted are kept. */
export function keptRequest(
  { method, url, headers, bytes }: AskedRequest,
  scrub: Scrubber,
): CassetteExchange['request'] {
  const told = keptHeaders(headers, scrub, (name) => name === 'content-type' || name === 'accept')
  const type = headers.get('content-type') ?? ''
  const boundary = /^multipart\/.*boundary="?([^";]+)/i.exec(type)?.[1]
  const query = scrubbedFields(url.search.slice(1), scrub).toSorted()
  const body = keptBody(bytes, type, scrub)
  const request = {
    method,
    url: scrubbedPath(url, scrub),
    ...(query.length > 0 && { query: [...query] }),
    ...(Object.keys(told).length > 0 && { headers: told }),
    ...(body && { body }),
  }
  // Made anew for each request: it says nothing.
  if (boundary === undefined) return request
  return JSON.parse(
    JSON.stringify(request).replaceAll(JSON.stringify(boundary).slice(1, -1), 'boundary'),
  ) as typeof request
}

function keptBody(bytes: Uint8Array, type: string, scrub: Scrubber): CassetteBody | undefined {
  const text = textOf(bytes)
  return bodyOf(text === undefined ? scrubbedBytes(bytes, scrub) : scrubbedText(text, type, scrub))
}

/** Of the connection, of the encoding that was undone already, for browsers alone, or never to be kept. */
const dropped = new Set([
  'connection',
  'content-security-policy',
  'content-encoding',
  'content-length',
  'keep-alive',
  'nel',
  'report-to',
  'server-timing',
  'set-cookie',
  'transfer-encoding',
])

function keptHeaders(
  headers: Headers,
  scrub: Scrubber,
  wanted: (name: string) => boolean = () => true,
): Record<string, string> {
  const kept = [...headers].filter(([name]) => !dropped.has(name) && wanted(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, inHeader(scrub.named(name, value))]))
}

/** Whatever was put in, a header stays one. */
const inHeader = (value: string): string => value.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '?')
