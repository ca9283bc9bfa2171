import { classify, type Answer, type Verdict } from '#lib/outbound/classify.ts'
import type { ApiError } from '#lib/errors/api-error.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { findProvider } from '#lib/providers/catalog.ts'

/** 2026-11-21T08:00:00Z */
export const now = epochMs(1_795_248_000_000)
export const nowSeconds = now / 1_000

/** An answer as a provider sends it; an object is sent as JSON. */
export interface Sent extends Partial<Pick<Answer, 'withCursor' | 'secrets'>> {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export function judged(provider: string, { status, body, headers = {}, ...rest }: Sent): Verdict {
  return classify(findProvider(provider)?.api, {
    provider,
    status,
    headers: new Headers(headers),
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    now,
    ...rest,
  })
}

/** The error that an answer is. */
export function errorOf(provider: string, sent: Sent): ApiError {
  const verdict = judged(provider, sent)
  if (verdict.kind === 'ok') throw new Error(`${provider} ${sent.status} is no error`)
  return verdict.error
}

/** A row of a provider's table: what it sends, and what that is understood as. */
export interface Row extends Sent {
  readonly name: string
  readonly kind: ApiError['kind'] | 'ok'
  readonly code?: string | undefined
  readonly requestId?: string
  readonly retryAfterMs?: number
}

/** A row as its answer is understood: equal to the row where that is as the row says. */
export function understood(provider: string, row: Row): Row {
  const verdict = judged(provider, row)
  if (verdict.kind === 'ok') return { ...row, kind: 'ok' }
  const { error } = verdict
  return {
    ...row,
    kind: error.kind,
    ...('code' in row && { code: error.code }),
    ...('requestId' in row && { requestId: error.requestId ?? 'none' }),
    ...('retryAfterMs' in row && { retryAfterMs: error.retryAfterMs ?? -1 }),
  }
}
