import { createHmac } from 'node:crypto'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { seconds, toSeconds, type Clock } from '#lib/primitives/clock.ts'
import { token128, type Random } from '#lib/primitives/random.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import type { State } from '../services/state.ts'
import type { Change } from './changes.ts'
import { fatesOf, noFaults, type Fate, type Faults, type Orders } from './fates.ts'

/** What became of webhooks so far. */
export interface Sent {
  /** Answered with 2xx; one that is sent twice counts twice. */
  readonly delivered: number
  readonly dropped: number
  readonly doubled: number
  /** Sent later; of these the ones whose time has come are in the other figures too. */
  readonly delayed: number
  /** Refused or not answered each time that it was sent. */
  readonly failed: number
}

export interface Announced {
  readonly sent: Sent
  /** Ids of the changes that no webhook tells of. */
  readonly dropped: readonly string[]
}

export interface Webhooks {
  /** Sends one for each change, except as it is told; resolves when those without a delay have had their answer. */
  announce(changes: readonly Change[], orders: Orders): Promise<Announced>
  faults(): Faults
  setFaults(faults: Faults): void
  /** Since the stack was first started. */
  sent(): Sent
  /** Forgets what is still to be sent. */
  close(): void
}

export interface WebhookDeps {
  /** Where they go. */
  readonly url: string
  /** `whsec_` and base64. */
  readonly secret: Secret
  readonly state: State
  readonly clock: Clock
  readonly random: Random
  readonly fetch: typeof fetch
}

const space = 'sandbox:webhooks'
const nothing: Sent = { delivered: 0, dropped: 0, doubled: 0, delayed: 0, failed: 0 }
const concurrency = 4
const answerMs = seconds(10)
const tries = 3
const betweenMs = seconds(1)

/** The sandbox's sender of webhooks: signed as Standard Webhooks says, three tries each. */
export function webhookSender(deps: WebhookDeps): Webhooks {
  const { state, clock } = deps
  const ended = new AbortController()
  const stored = <T>(key: string, otherwise: T): T => (state.get(space, key) as T | undefined) ?? otherwise
  const count = (more: Partial<Sent>): void => state.put(space, 'sent', sum(stored('sent', nothing), more))
  const send = async (change: Change, { times }: Fate): Promise<Partial<Sent>> => {
    const copies = await Promise.all(copiesOf(change, times, deps, ended.signal))
    const delivered = copies.filter(Boolean).length
    const result = { delivered, failed: copies.length - delivered, doubled: times === 2 ? 1 : 0 }
    count(result)
    return result
  }
  return {
    async announce(changes, orders) {
      const first = stored('announced', 0)
      const faults = stored('faults', noFaults)
      const { fates, dropNext } = fatesOf({ first, count: changes.length }, orders, faults)
      state.put(space, 'announced', first + changes.length)
      state.put(space, 'faults', { ...faults, dropNext })
      const all = changes.map((change, index) => ({ change, fate: fates[index] as Fate }))
      const late = all.filter(({ fate }) => fate.times > 0 && fate.delaySeconds > 0)
      const dropped = all.filter(({ fate }) => fate.times === 0).map(({ change }) => change.id)
      const before = { dropped: dropped.length, delayed: late.length }
      count(before)
      for (const { change, fate } of late) {
        const stop = clock.after(seconds(fate.delaySeconds), () => void send(change, fate))
        ended.signal.addEventListener('abort', stop, { once: true })
      }
      const now = all.filter(({ fate }) => fate.times > 0 && fate.delaySeconds === 0)
      const results = await mapBounded(now, concurrency, ({ change, fate }) => send(change, fate))
      return { sent: results.reduce<Sent>(sum, sum(nothing, before)), dropped }
    },
    faults: () => stored('faults', noFaults),
    setFaults: (faults) => state.put(space, 'faults', faults),
    sent: () => stored('sent', nothing),
    close: () => ended.abort(),
  }
}

const sum = (a: Sent, b: Partial<Sent>): Sent => ({
  delivered: a.delivered + (b.delivered ?? 0),
  dropped: a.dropped + (b.dropped ?? 0),
  doubled: a.doubled + (b.doubled ?? 0),
  delayed: a.delayed + (b.delayed ?? 0),
  failed: a.failed + (b.failed ?? 0),
})

/** One delivery, as often as it is sent: of the same id. */
function copiesOf(
  change: Change,
  times: number,
  deps: WebhookDeps,
  ended: AbortSignal,
): readonly Promise<boolean>[] {
  const id = `msg_${token128(deps.random)}`
  return Array.from({ length: times }, () => deliver(id, JSON.stringify(change), deps, ended))
}

async function deliver(id: string, body: string, deps: WebhookDeps, ended: AbortSignal): Promise<boolean> {
  for (let attempt = 1; !ended.aborted; attempt += 1) {
    if (await post(id, body, deps, ended)) return true
    if (attempt === tries) return false
    await deps.clock.sleep(betweenMs, ended).catch(() => {})
  }
  return false
}

async function post(
  id: string,
  body: string,
  { url, secret, clock, fetch }: WebhookDeps,
  ended: AbortSignal,
): Promise<boolean> {
  const timestamp = String(toSeconds(clock.now()))
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signatureOf(`${id}.${timestamp}.${body}`, secret)}`,
  }
  try {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(answerMs)])
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const signatureOf = (content: string, secret: Secret): string =>
  createHmac('sha256', Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64'))
    .update(content)
    .digest('base64')
