import { fullJitter } from '#lib/primitives/backoff.ts'
import { ms } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import type { Io } from '../io.ts'
import { causeOf } from '../network.ts'
import { plain } from '../text.ts'

/** What became of one webhook. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly id: string | undefined; readonly latencyMs: number }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string; readonly status?: number }

export interface CourierOptions {
  readonly io: Pick<Io, 'fetch' | 'clock' | 'signal'>
  /** Asked before each try: a stack that was restarted may answer elsewhere. */
  readonly address: () => string
  /** How long one webhook is tried again after its first failure. */
  readonly patienceMs: number
  /** Told once when Sluice stops answering, and once when it answers again. */
  readonly onOutage: (outage: { readonly over: boolean; readonly cause: string }) => void
}

/** Signs anew for each try: a signature that waited through a restart might be too old. */
export type Sign = () => { readonly headers: Record<string, string>; readonly body: Uint8Array }

const attemptTimeoutMs = 10_000
const backoff = { baseMs: 200, capMs: 2_000 } as const

/** Delivers webhooks as a patient provider does: what Sluice may take later is sent again, what it refuses is not. */
export function courier({ io, address, patienceMs, onOutage }: CourierOptions) {
  let down = false
  const report = (over: boolean, cause: string): void => {
    if (down === !over) return
    down = !over
    onOutage({ over, cause })
  }
  return async function deliver(sign: Sign): Promise<Outcome> {
    let giveUpAt: number | undefined
    for (let failures = 1; ; failures += 1) {
      const tried = await attempt(io, address(), sign())
      if (io.signal.aborted) return interrupted
      if (tried.kind !== 'again') {
        report(true, '')
        return tried
      }
      giveUpAt ??= io.clock.now() + patienceMs
      report(false, tried.detail)
      if (io.clock.now() >= giveUpAt) return { ...tried, kind: 'failed' }
      await io.clock.sleep(ms(50 + fullJitter(backoff, failures, systemRandom)), io.signal).catch(() => {})
    }
  }
}

type Tried = Outcome | (Omit<Extract<Outcome, { kind: 'failed' }>, 'kind'> & { readonly kind: 'again' })

const interrupted: Outcome = { kind: 'failed', code: 'interrupted', detail: 'stopped before it was accepted' }

async function attempt(
  { fetch, signal }: Pick<Io, 'fetch' | 'signal'>,
  url: string,
  { headers, body }: ReturnType<Sign>,
): Promise<Tried> {
  const started = performance.now()
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutMs)]),
    })
    const text = await response.text()
    return readAnswer(response, text, performance.now() - started)
  } catch (error) {
    return { kind: 'again', code: 'unreachable', detail: `no answer: ${causeOf(error)}` }
  }
}

function readAnswer({ ok, status }: Response, text: string, latencyMs: number): Tried {
  const { id, code, title, detail } = fields(text)
  if (ok) return { kind: 'accepted', id, latencyMs }
  const failure = {
    status,
    code: plain(code ?? `http_${status}`),
    detail: plain([title, detail].filter(Boolean).join(': ') || `answered ${status}`),
  }
  // A missing secret is the operator's to mend; sending again does not bring one.
  const later = (status >= 500 && code !== 'endpoint_misconfigured') || status === 429
  return { kind: later ? 'again' : 'failed', ...failure }
}

function fields(text: string): Partial<Record<'id' | 'code' | 'title' | 'detail', string>> {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null ? document : {}
  } catch {
    return {}
  }
}
