import { baseUrlOf } from '../outbound/base-url.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import { systemClock, type Clock } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { findProvider } from '../providers/catalog.ts'
import { answersOf, type Answers } from './answers.ts'
import { mockAccess, type MockAccess, type MockCredentials } from './mock-access.ts'
import type { Heard, Routes } from './mock-answer.ts'
import { mockHearing } from './mock-hearing.ts'
import type { MockRate } from './mock-rate.ts'
import { listenWith, type ListeningMock } from './mock-server.ts'
import { UnexpectedRequest } from './unexpected-request.ts'

export interface MockOptions {
  /** By method and path after the API's base; or made with the answers of this provider. */
  readonly routes: Routes | ((answer: Answers) => Routes)
  /** What lets requests in; invented where it is not named, so that a handler's own credentials are not needed. */
  readonly credentials?: MockCredentials
  /** Counted and enforced with the provider's own refusal; without it, counted against the first limit declared. */
  readonly rate?: MockRate
  /** What fills the blanks of the API's addresses: `{ realmId: '42' }`. */
  readonly params?: Readonly<Record<string, string>>
  /** Default: the system's, or that of the connections it is given to. */
  readonly clock?: Clock
}

/** A stand-in for a provider that answers as its declaration says. */
export interface MockProvider {
  readonly provider: string
  readonly api: ApiDeclaration | undefined
  /** Takes requests without a socket: paths, addresses of the API, and those of {@link listen}. */
  readonly fetch: Fetch
  /** The same with the expected credentials put on. */
  readonly authorized: Fetch
  /** What was heard, in order; credentials are checked and not kept. */
  readonly requests: readonly Heard[]
  readonly answer: Answers
  /** What has to go along with a call. */
  readonly authorization: {
    readonly headers: Readonly<Record<string, Secret>>
    readonly query: Readonly<Record<string, Secret>>
  }
  readonly params: Readonly<Record<string, string>>
  /** Answers on 127.0.0.1 until it is closed. */
  listen(): Promise<ListeningMock>
  /** @throws Error when a request came that no route is for. */
  verify(): void
  /** Tells the time by this clock, unless the test has named one. */
  useClock(clock: Clock): void
}

/**
 * A mock of a provider of the catalog: errors, statuses, rate headers, lists and idempotency keys as it is declared to have them.
 * @throws TypeError for a provider that is unknown, or routes and credentials that can't be.
 */
export function mockProvider(id: string, options: MockOptions): MockProvider {
  const provider = findProvider(id)
  if (!provider) throw new TypeError(`there is no provider "${id}" in the catalog`)
  const { api } = provider
  const answer = answersOf(id, api)
  const access = mockAccess(provider, options.credentials)
  const params = { ...inventedParams(api), ...options.params }
  const bases = basesOf(id, api, params)
  const time = { clock: options.clock ?? systemClock }
  const routes = typeof options.routes === 'function' ? options.routes(answer) : options.routes
  const hearing = mockHearing({ provider: id, api, answer, access, bases, routes, rate: options.rate, time })
  const requestOf: ToRequest = (input, init) =>
    new Request(typeof input === 'string' && input.startsWith('/') ? bases[0] + input : input, init)
  const heard: Fetch = async (input, init) => {
    const request = requestOf(input, init)
    request.signal.throwIfAborted()
    const { response, why } = await hearing.hear(request)
    request.signal.throwIfAborted()
    if (why !== undefined) throw new UnexpectedRequest(why)
    return response
  }
  return {
    provider: id,
    api,
    fetch: heard,
    authorized: async (input, init) => heard(await withAccess(requestOf(input, init), access)),
    requests: hearing.heard,
    answer,
    authorization: { headers: access.headers, query: access.query },
    params,
    listen: () => listenWith(async (request) => (await hearing.hear(request)).response),
    verify: () => {
      if (hearing.unexpected.length > 0) throw new UnexpectedRequest(hearing.unexpected.join('\n'))
    },
    useClock: (clock) => {
      if (!options.clock) time.clock = clock
    },
  }
}

type ToRequest = (...asked: Parameters<Fetch>) => Request

async function withAccess(request: Request, { headers, query }: MockAccess): Promise<Request> {
  const url = new URL(request.url)
  const own = new Headers(request.headers)
  for (const [name, value] of Object.entries(headers)) own.set(name, value.reveal())
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value.reveal())
  const body = request.body === null ? undefined : await request.bytes()
  return new Request(url, {
    method: request.method,
    headers: own,
    signal: request.signal,
    ...(body && { body }),
  })
}

/** A value for every blank of the API's addresses. */
function inventedParams(api: ApiDeclaration | undefined): Record<string, string> {
  const addresses = [api?.baseUrl ?? '', ...Object.values(api?.otherBaseUrls ?? {})]
  const names = addresses.flatMap((address) =>
    [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  )
  return Object.fromEntries(
    names.map((name) => [
      name,
      addresses.some((address) => `${address}/`.includes(`://{${name}}/`))
        ? 'mock.example.com'
        : `mock-${name.toLowerCase().replaceAll('_', '-')}`,
    ]),
  )
}

/** Where the API is, the usual base first. */
function basesOf(
  provider: string,
  api: ApiDeclaration | undefined,
  params: Readonly<Record<string, string>>,
): readonly [string, ...string[]] {
  if (!api) return [`https://${provider}.invalid`]
  const at = (base?: string): string =>
    baseUrlOf(api, { provider, base, params, fromEnvironment: () => undefined })
  return [at(), ...Object.keys(api.otherBaseUrls ?? {}).map(at)]
}
