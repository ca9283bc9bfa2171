import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { shout } from '#lib/config/names.ts'
import type { CallCredentials } from '#lib/oauth/credentials.ts'
import type { CallOptions } from '#lib/outbound/connection-fetch.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { sluice } from '#lib/outbound/sluice.ts'
import { httpsTransport } from '#lib/outbound/transport.https.ts'
import { ms } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { retryBudget } from '#lib/primitives/retry-budget.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { hastyClock } from './hasty-clock.ts'
import { localServer } from './local-server.ts'

/** What the provider saw. */
export interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: Buffer
}

/** What it says: JSON, or bytes as they are. */
export interface Said {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly bytes?: Uint8Array
  /** It says nothing, ever. */
  readonly silent?: true
}

export type Answer = Said | ((seen: Seen) => Said)

export interface GivenSdk {
  readonly provider: string
  /** One after the other; the last one goes on. */
  readonly answers: readonly Answer[]
  readonly options?: CallOptions
  /** How long the breaker stays open; closed without it. */
  readonly openMs?: number
}

export interface SdkWorld {
  /** A connection's `fetch` over the real chain and real sockets. */
  readonly fetch: Fetch
  /** Another one for the same connection. */
  fetchBy(options: CallOptions): Fetch
  /** Where the operator has put the provider. */
  readonly at: URL
  readonly seen: readonly Seen[]
  /** Waits between attempts, milliseconds. */
  readonly slept: readonly number[]
  readonly reports: readonly string[]
  readonly locked: readonly string[]
}

/** As the time of an attempt is in the `fetch` of its handler. */
export const within =
  (signal: AbortSignal, fetch: Fetch): Fetch =>
  (input, init) =>
    fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal })

/** What work fails with; `undefined` when it does not. */
export const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

/**
 * A provider on this machine in the place of the real one, all of its bases moved there by the operator, and a connection to
 * it. Its credentials are `Bearer real-1`, and `Bearer real-2` after those were refused.
 */
export async function givenSdk({ provider, answers, options, openMs }: GivenSdk): Promise<SdkWorld> {
  const seen: Seen[] = []
  const at = await localServer((request, response) => {
    void answer(request, response, seen, answers)
  })
  const api = findProvider(provider)?.api
  const clock = hastyClock()
  const reports: string[] = []
  const locked: string[] = []
  const { fetch } = sluice({
    apiOf: () => api,
    fromEnvironment: movedTo(at, provider),
    credentials: {
      of: async (_, rejected) => ({ kind: 'credentials', credentials: credentialsNo(rejected ? 2 : 1) }),
    },
    connections: { find: async () => undefined, list: async () => ({ connections: [] }) },
    locked: async (_, id) => void locked.push(id),
    send: httpsTransport(),
    limiter: { take: async () => ({ kind: 'granted' }), observe: () => {} },
    breaker: {
      enter: async () =>
        openMs === undefined
          ? { kind: 'pass', probe: false, report: async (outcome) => void reports.push(outcome) }
          : { kind: 'open', retryAfterMs: ms(openMs) },
    },
    clock,
    random: seededRandom(1),
    budget: retryBudget({ ratio: 1, minPerWindow: 100, windowMs: 600_000, clock }),
  })
  const fetchBy = (by?: CallOptions): Fetch => fetch('acme', { provider, account: 'their-account' }, by)
  return {
    fetch: fetchBy(options),
    fetchBy,
    at,
    seen,
    slept: clock.slept,
    reports,
    locked,
  }
}

const credentialsNo = (nth: number): CallCredentials => ({
  kind: 'key',
  headers: { authorization: new Secret(`Bearer real-${nth}`) },
  query: {},
  extras: {},
  version: nth,
})

/** `{PROVIDER}_BASE_URL` and those of its other bases: the same paths on another machine. */
function movedTo(at: URL, provider: string): (name: string) => string | undefined {
  const api = findProvider(provider)?.api
  const bases = [['', api?.baseUrl ?? ''], ...Object.entries(api?.otherBaseUrls ?? {})]
  const moved = new Map(
    bases.map(([name = '', address = '']) => [
      [shout(provider), ...(name === '' ? [] : [shout(name)]), 'BASE_URL'].join('_'),
      new URL(new URL(address).pathname, at).href,
    ]),
  )
  return (name) => moved.get(name)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen[],
  answers: readonly Answer[],
): Promise<void> {
  const { method = '', url = '/', headers } = request
  const one: Seen = {
    method,
    url: new URL(url, 'http://provider.test'),
    headers: new Headers(headers as Record<string, string>),
    body: await buffer(request),
  }
  const nth = Math.min(seen.push(one), answers.length) - 1
  const given = answers[nth] ?? {}
  const said = typeof given === 'function' ? given(one) : given
  if (said.silent) return
  const type = said.bytes ? 'application/octet-stream' : 'application/json'
  response.writeHead(said.status ?? 200, { 'content-type': type, ...said.headers })
  response.end(said.bytes ?? (said.json === undefined ? undefined : JSON.stringify(said.json)))
}
