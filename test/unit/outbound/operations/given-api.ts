import type { ApiClient } from '#lib/outbound/api-client.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

export interface Answering {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown
}

/** A request as an operation makes it: the path or address as it was given, and all that goes with it. */
export interface Asked {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal | null | undefined
}

/** A provider's API that gives these answers, one after the other, the last one again; it keeps what it was asked. */
export function givenApi(
  provider: string,
  ...answers: readonly (Answering | ((asked: Asked) => Answering))[]
) {
  const sent: Asked[] = []
  const client: ApiClient = {
    provider,
    api: findProvider(provider)?.api,
    clock: virtualClock(),
    fetch: async (input, init = {}) => {
      const target = input instanceof Request ? input.url : String(input)
      const asked: Asked = {
        method: init.method ?? 'GET',
        target,
        headers: Object.fromEntries(new Headers(init.headers)),
        body: typeof init.body === 'string' ? init.body : '',
        signal: init.signal,
      }
      const next = answers[Math.min(sent.length, answers.length - 1)]
      sent.push(asked)
      const { status = 200, headers = {}, body } = (typeof next === 'function' ? next(asked) : next) ?? {}
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
      const response = new Response(status === 204 || status === 304 ? null : (text ?? ''), {
        status,
        headers,
      })
      Object.defineProperty(response, 'url', { value: new URL(target, 'https://api.example').href })
      return response
    },
  }
  return { client, sent, form: (nth = 0) => Object.fromEntries(new URLSearchParams(sent[nth]?.body)) }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) found.push(item)
  return found
}

/** The names and values of a target's query. */
export const queryOf = (target: string | undefined): Record<string, string> =>
  Object.fromEntries(new URL(target ?? '', 'https://api.example').searchParams)
