import { createHash } from 'node:crypto'
import type { Fetch } from '../outbound/fetch-shape.ts'
import { bytesOf, type Cassette, type CassetteExchange } from './cassette.ts'
import { askedOf, keptRequest } from './exchange.ts'
import { nearest } from './nearest.ts'
import { unnumbered } from './placeholders.ts'
import type { Scrubber } from './scrubber.ts'
import { UnexpectedRequest } from './unexpected-request.ts'

/**
 * Answers from a recording: by method, path, query and body, each recorded exchange once, in their order. What was taken out
 * counts as equal, so that other credentials find the same answers.
 */
export function replayFetch(
  { exchanges }: Cassette,
  file: string,
  scrub: Scrubber,
): { readonly fetch: Fetch; readonly unused: () => readonly string[] } {
  const left = new Set(exchanges)
  const keys = new Map(exchanges.map((exchange) => [exchange, keyOf(exchange.request)]))
  return {
    unused: () => [...left].map(({ request }) => lineOf(request)),
    fetch: async (input, init) => {
      const asked = await askedOf(input, init)
      asked.again[1]?.signal?.throwIfAborted()
      const request = keptRequest(asked, scrub)
      const key = keyOf(request)
      const found = [...left].find((exchange) => keys.get(exchange) === key)
      if (!found) throw new UnexpectedRequest(strange(request, key, exchanges, file))
      left.delete(found)
      return responseOf(found, asked.url.href)
    },
  }
}

type KeptRequest = CassetteExchange['request']

function keyOf({ method, url, query = [], body }: KeptRequest): string {
  const text = Buffer.from(bytesOf(body)).toString('latin1')
  const hash = createHash('sha256').update(unnumbered(text)).digest('base64url')
  return [method, pathOf(url), query.map(unnumbered).toSorted().join('&'), hash].join(' ')
}

/** Where the API is may differ between the recording and the replay. */
const pathOf = (url: string): string => unnumbered(url.replace(/^\w+:\/\/[^/]*/, ''))

const lineOf = ({ method, url, query = [] }: KeptRequest): string =>
  `${method} ${url.replace(/^\w+:\/\/[^/]*/, '')}${query.length > 0 ? `?${query.join('&')}` : ''}`

function strange(
  request: KeptRequest,
  key: string,
  exchanges: readonly CassetteExchange[],
  file: string,
): string {
  const line = lineOf(request)
  const times = exchanges.filter((exchange) => keyOf(exchange.request) === key).length
  if (times > 0) return `"${line}" was recorded ${times} times in ${file} and is asked once more`
  const lines = exchanges.map((exchange) => lineOf(exchange.request))
  const near = nearest(line, lines)
  const why =
    near === undefined
      ? 'nothing is recorded there'
      : near === line
        ? 'it was recorded with another body'
        : `the nearest that is recorded is "${near}"`
  return `"${line}" is not in ${file}: ${why}`
}

/** @see https://fetch.spec.whatwg.org/#null-body-status */
const bodiless = new Set([204, 205, 304])

function responseOf({ response }: CassetteExchange, url: string): Response {
  const { status, statusText = '', headers, body } = response
  const made = new Response(bodiless.has(status) ? null : bytesOf(body), { status, statusText, headers })
  Object.defineProperty(made, 'url', { value: url })
  return made
}
