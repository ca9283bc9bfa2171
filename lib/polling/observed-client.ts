import { observe } from '../outbound/rate-headers.ts'
import type { RetryingClient } from '../outbound/retrying-client.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import type { Validators } from './poll-state.ts'

/** The provider says that the list is as it was when its validators were given. Ends the reading; never leaves the run. */
export class NotModified extends Error {
  override readonly name = 'NotModified'
}

/** What the first answer of a reading says beside its items. */
export interface Seen {
  readonly validators?: Validators
  /** Seconds. */
  readonly askedIntervalSeconds?: number
  /** Share of the rate limit that is left. */
  readonly spare?: number
}

export interface ObservedClient {
  readonly client: RetryingClient
  readonly seen: () => Seen
}

/**
 * The same client, asking the first time "did it change since?" where the provider gave something to ask it with, and noting
 * what the first answer says of intervals and validators.
 * @see https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
export function observedClient(client: RetryingClient, known: Validators | undefined): ObservedClient {
  let seen: Seen | undefined
  return {
    seen: () => seen ?? {},
    client: {
      ...client,
      fetch: async (input, init) => {
        if (seen || (init?.method ?? 'GET') !== 'GET') return client.fetch(input, init)
        const of = sha256Hex(input instanceof Request ? input.url : String(input)).slice(0, 16)
        const asks = known?.of === of ? known : undefined
        const answer = await client.fetch(
          input,
          asks ? { ...init, headers: asking(asks, init?.headers) } : init,
        )
        seen ??= { ...seenIn(answer.headers, of), ...spareIn(client, answer.headers) }
        if (answer.status !== 304 || !asks) return answer
        await answer.body?.cancel()
        seen = { ...seen, validators: asks }
        throw new NotModified('the list has not changed')
      },
    },
  }
}

function asking({ etag, lastModified }: Validators, given: RequestInit['headers']): Headers {
  const headers = new Headers(given)
  if (etag !== undefined) headers.set('if-none-match', etag)
  else if (lastModified !== undefined) headers.set('if-modified-since', lastModified)
  return headers
}

function seenIn(headers: Headers, of: string): Seen {
  const etag = short(headers.get('etag'))
  const lastModified = short(headers.get('last-modified'))
  const asked = /^\d{1,6}$/.exec(headers.get('x-poll-interval') ?? '')?.[0]
  return {
    ...((etag ?? lastModified) !== undefined && {
      validators: {
        of,
        ...(etag !== undefined && { etag }),
        ...(lastModified !== undefined && { lastModified }),
      },
    }),
    ...(asked !== undefined && { askedIntervalSeconds: Number(asked) }),
  }
}

function spareIn({ api, clock }: RetryingClient, headers: Headers): Seen {
  const { limit = 0, remaining } = observe(api, headers, clock.now())
  return limit > 0 && remaining !== undefined ? { spare: remaining / limit } : {}
}

const short = (value: string | null): string | undefined =>
  value !== null && value !== '' && value.length <= 256 ? value : undefined
