import { lookUpSecret } from '#lib/config/secret-lookup.ts'
import { env } from '#lib/config/names.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import { causeOf } from './network.ts'
import { findTarget, type Target } from './target.ts'
import { plain } from './text.ts'

/** The admin API of one Sluice, with the credentials for it. */
export interface AdminClient {
  readonly url: string
  /** @throws Failure with the API's own words when it refuses, or does not answer. */
  get<T>(path: string, query?: Query): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  delete<T>(path: string): Promise<T>
  /**
   * The answer as it came, of a call that takes at most `timeoutMs`.
   * @throws Failure where nothing answers.
   */
  request(
    path: string,
    init: RequestInit & { readonly headers: Headers },
    timeoutMs: number,
  ): Promise<Response>
  /** @throws Failure with the words of an answer that says why not. */
  refusal(response: Response): Promise<never>
}

export type Query = Readonly<Record<string, string | number | undefined>>

/** Long enough for a page of a cold function, short enough for a person. */
const timeoutMs = 15_000

export function adminClient(io: Io, urlOption?: string): AdminClient {
  const target = findTarget(io, urlOption)
  const token = tokenFor(target, io)
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await send(io, `${target.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return read(response)
  }
  return {
    url: target.url,
    get: <T>(path: string, query: Query = {}) => call('GET', `${path}${search(query)}`) as Promise<T>,
    post: <T>(path: string, body: unknown) => call('POST', path, body) as Promise<T>,
    delete: <T>(path: string) => call('DELETE', path) as Promise<T>,
    request(path, init, within) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${token.reveal()}`)
      return send(io, `${target.url}${path}`, { ...init, headers }, within)
    },
    refusal: async (response) => refuse(response, await documentOf(response)),
  }
}

/** The stack's own token for the stack, the configured one for any other: neither ever goes to the other's address. */
function tokenFor(target: Target, io: Io): Secret {
  if (target.stack) return target.stack.adminToken
  const found = lookUpSecret('sluice', env.adminToken, io.secretSources)
  if (!found) throw new Failure('no_token', `set ${env.adminToken} to reach the admin API of ${target.url}`)
  const { protocol, hostname } = new URL(target.url)
  if (protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
    throw new Failure('insecure_url', `the admin token does not go over plain http to ${hostname}: use https`)
  return found.secret
}

async function send(io: Io, url: string, init: RequestInit, within = timeoutMs): Promise<Response> {
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(within)])
    return await io.fetch(url, { ...init, signal, redirect: 'error' })
  } catch (error) {
    if (io.signal.aborted) throw error
    throw new Failure('unreachable', `${new URL(url).origin} does not answer (${causeOf(error)})`)
  }
}

/** What the API says of a fault; the gateway in front of it says `message` alone. */
interface Problem {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly message: string
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
}

async function read(response: Response): Promise<unknown> {
  const document = await documentOf(response)
  return response.ok && document !== undefined ? document : refuse(response, document)
}

const documentOf = async (response: Response): Promise<Partial<Problem> | undefined> =>
  (await response.json().catch(() => undefined)) as Partial<Problem> | undefined

function refuse(response: Response, document: Partial<Problem> | undefined): never {
  const words = [document?.title ?? document?.message, document?.detail].filter(Boolean).join(': ')
  const faults =
    document?.errors?.map(({ pointer, detail }) => `\n  ${plain(pointer)} ${plain(detail)}`) ?? []
  throw new Failure(
    plain(document?.code ?? 'unexpected_answer'),
    `${response.status} ${plain(words || 'without an explanation')}${hints[response.status] ?? ''}${faults.join('')}`,
  )
}

const hints: Readonly<Record<number, string>> = {
  401: ` (is ${env.adminToken} a token of this deployment, or has your token expired?)`,
}

const search = (query: Query): string => {
  const set = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return set.length > 0 ? `?${new URLSearchParams(set).toString()}` : ''
}
