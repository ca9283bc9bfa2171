import { proxy as limits } from '#lib/config/defaults.ts'
import type { CallOptions } from '#lib/outbound/connection-fetch.ts'
import { ms, seconds } from '#lib/primitives/clock.ts'
import type { CallProblem } from './problems.ts'

/** A call as its caller wants it. */
export interface WantedCall {
  /** Begins with a slash and says no other place: after the base of the provider's API. With its query. */
  readonly path: string
  readonly base: string | undefined
  readonly options: CallOptions
  readonly init: {
    readonly method: string
    readonly headers: Headers
    readonly redirect: 'follow' | 'manual'
  }
}

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: CallProblem }

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What `request` asks of a provider; its path begins with `prefix`. */
export function readCall(request: Request, prefix: string): Read<WantedCall> {
  const { method, headers } = request
  if (!methods.includes(method)) {
    const detail = `Use ${methods.join(', ')}.`
    return {
      ok: false,
      problem: { code: 'method_not_allowed', detail, headers: { allow: methods.join(', ') } },
    }
  }
  try {
    return {
      ok: true,
      value: {
        path: pathOf(request, prefix),
        base: option(headers, 'sluice-base', /^[a-z\d][a-z\d-]{0,62}$/, 'the name of a base of the provider'),
        options: optionsOf(headers),
        init: {
          method,
          headers: passedOn(headers),
          redirect:
            (option(headers, 'sluice-redirect', /^(?:follow|manual)$/, 'follow or manual') as
              | 'follow'
              | 'manual'
              | undefined) ?? 'follow',
        },
      },
    }
  } catch (error) {
    if (!(error instanceof Unfit)) throw error
    return { ok: false, problem: { code: 'malformed_call', detail: error.message } }
  }
}

class Unfit extends Error {
  override readonly name = 'Unfit'
}

/**
 * The path after the connection, or the one that `sluice-path` says: API Gateway decodes the path of an address once, which
 * makes `%2F` a slash.
 */
function pathOf({ url, headers }: Request, prefix: string): string {
  const { pathname, search } = new URL(url)
  const said = headers.get('sluice-path')
  if (said !== null && !/^\/[\x21-\x7e]*$/.test(said))
    throw new Unfit('Sluice-Path must begin with a slash and hold nothing but printable ASCII characters.')
  const path = said === null ? `${pathname.slice(prefix.length)}${search}` : said.replace(/#.*$/, '')
  const [place = ''] = path.split('?')
  if (!path.startsWith('/') || climbs(place))
    throw new Unfit(
      "The path must begin with a slash and have no segment '.' or '..', however it is spelled.",
    )
  return path
}

/** Whether a segment is `.` or `..` to anyone who decodes the path up to three times. */
function climbs(path: string): boolean {
  let read = path
  for (let times = 0; times < 4; times += 1) {
    if (read.split(/[/\\]/).some((segment) => /^\.{1,2}(?:$|[;\t\r\n])/.test(segment))) return true
    read = read.replaceAll(/%([0-7][\da-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  }
  return false
}

function optionsOf(headers: Headers): CallOptions {
  const timeoutMs = whole(headers, 'sluice-timeout-ms', 1, limits.mostTimeoutMs)
  const priority = option(
    headers,
    'sluice-priority',
    /^(?:interactive|poll|backfill)$/,
    'interactive, poll or backfill',
  )
  const key = option(
    headers,
    'idempotency-key',
    /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/,
    `1 to ${limits.maxKeyCharacters} printable ASCII characters`,
  )
  const fallback = fallbackOf(headers)
  return {
    maxBodyBytes: limits.maxAnswerBytes,
    withoutEcho: true,
    ...(timeoutMs !== undefined && { timeoutMs: ms(timeoutMs) }),
    ...(priority !== undefined && { priority: priority as NonNullable<CallOptions['priority']> }),
    ...(key !== undefined && { keys: () => key }),
    ...(fallback && { fallback }),
  }
}

/** `300`: an answer of the last five minutes may stand in for one that can't be had. `300;fresh=10`: and one of the last ten seconds is given unasked. */
function fallbackOf(headers: Headers): CallOptions['fallback'] {
  const mostSeconds = limits.mostAgeMs / 1_000
  const words = `an age of at most ${mostSeconds} seconds, such as 300 or 300;fresh=10`
  const said = option(headers, 'sluice-fallback', /^\d{1,5}(?:; ?fresh=\d{1,5})?$/, words)
  if (said === undefined) return undefined
  const [stale = 0, fresh = 0] = said.split(/; ?fresh=/).map(Number)
  if (stale > mostSeconds || fresh > stale) throw new Unfit(`Sluice-Fallback must be ${words}.`)
  return { staleMs: seconds(stale), freshMs: seconds(fresh) }
}

function whole(headers: Headers, name: string, least: number, most: number): number | undefined {
  const words = `a whole number from ${least} to ${most}`
  const said = option(headers, name, /^\d{1,6}$/, words)
  if (said === undefined) return undefined
  const value = Number(said)
  if (value < least || value > most) throw new Unfit(`${shown(name)} must be ${words}.`)
  return value
}

function option(headers: Headers, name: string, grammar: RegExp, words: string): string | undefined {
  const said = headers.get(name)
  if (said === null) return undefined
  if (!grammar.test(said)) throw new Unfit(`${shown(name)} must be ${words}.`)
  return said
}

/** `sluice-timeout-ms` -> `Sluice-Timeout-Ms` */
const shown = (name: string): string => name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())

/**
 * What belongs to the way here, to the caller's own session or to Sluice. `accept-encoding` is the transport's: what comes is
 * handed on unpacked.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
const own =
  /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*|content-length|host|authorization|cookie|forwarded|via|x-real-ip|x-forwarded-.*|x-amzn-.*|x-amz-cf-id|cdn-loop|accept-encoding|idempotency-key|sluice-.*)$/

function passedOn(headers: Headers): Headers {
  const named = (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  return new Headers([...headers].filter(([name]) => !own.test(name) && !named.includes(name)))
}
