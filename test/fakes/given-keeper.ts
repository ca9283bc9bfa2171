import type { KeeperDeps, Subscription, SubscriptionId } from '#lib/polling/keeper.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: Record<string, string>
}

export type Reply = { readonly status?: number; readonly body?: unknown }

/** Dies at its `at`-th call, before it leaves or with its answer on the way; then at every later one, until it is revived. */
export interface Crash {
  readonly at: number
  readonly moment: 'before' | 'after'
}

const keyOf = ({ connection, subscription }: SubscriptionId) => `${connection} ${subscription}`

/** A keeper of one subscription, over a store in memory and a provider in the test's hand. */
export function givenKeeper(
  provider: string,
  params: Readonly<Record<string, string>>,
  reply: (asked: Asked) => Reply,
  crash?: Crash,
) {
  const clock = virtualClock()
  const stored = new Map<string, Subscription>()
  const asked: Asked[] = []
  const counts: string[] = []
  const news: { at: number | undefined; reason: string }[] = []
  const life = { calls: 0, dead: false }
  const mortal = async <T>(task: () => T | Promise<T>): Promise<T> => {
    if (life.dead) throw new Error('dead')
    life.dead = (life.calls += 1) === crash?.at
    if (life.dead && crash?.moment === 'before') throw new Error('died')
    const result = await task()
    if (life.dead) throw new Error('died')
    return result
  }
  const subscription: Subscription = {
    connection: `conn_${'k'.repeat(32)}`,
    subscription: 'kept',
    tenant: 'acme',
    provider,
    params,
    channels: [],
    redeliveries: [],
    failures: 0,
    nextAt: epochMs(0),
    version: 0,
    leaseUntil: epochMs(0),
  }
  stored.set(keyOf(subscription), subscription)
  const subscriptions: KeeperDeps['subscriptions'] = {
    get: async (id) => structuredClone(stored.get(keyOf(id))),
    remove: async (id) => void stored.delete(keyOf(id)),
    save: (next) =>
      mortal(() => {
        if (stored.get(keyOf(next))?.version !== next.version) return 'lost'
        stored.set(keyOf(next), structuredClone({ ...next, version: next.version + 1 }))
        return 'saved'
      }),
  }
  const deps: KeeperDeps = {
    subscriptions,
    clientOf: () => ({
      provider,
      api: findProvider(provider)?.api,
      clock,
      random: seededRandom(1),
      fetch: (input, init) =>
        mortal(() => {
          const url = new URL(input instanceof Request ? input.url : input, 'https://api.example')
          const call: Asked = {
            method: init?.method ?? 'GET',
            path: url.pathname + url.search,
            body: typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, string>) : {},
          }
          asked.push(call)
          const { status = 200, body } = reply(call)
          const response = new Response(body === undefined ? null : JSON.stringify(body), { status })
          Object.defineProperty(response, 'url', { value: url.href })
          return response
        }),
    }),
    receiverOf: async () => ({ address: 'https://hooks.test/webhooks/x', token: new Secret('shared') }),
    announce: ({ subscription: { disabledAt }, reason }) =>
      mortal(() => void news.push({ at: disabledAt, reason })),
    clock,
    random: seededRandom(7),
    log: () => {},
    metrics: { count: (name) => void counts.push(name), measure: () => {} },
  }
  const revive = (): void => {
    life.dead = false
  }
  const now = () => stored.get(keyOf(subscription)) as Subscription
  return { clock, asked, counts, news, deps, life, revive, subscription, now }
}

/** Google's push channels, as far as the keeper sees them. */
export function googleChannels(now: () => number, lifeMs: number) {
  const channels = new Map<string, number>()
  const live = () => [...channels.values()].filter((end) => end > now()).length
  const reply = ({ path, body }: Asked): Reply => {
    const id = body['id'] ?? ''
    if (path === '/channels/stop') {
      if (body['resourceId'] !== 'res-1' || (channels.get(id) ?? 0) <= now())
        return { status: 404, body: { error: { code: 404, errors: [{ reason: 'notFound' }] } } }
      channels.delete(id)
      return { status: 204 }
    }
    if (channels.has(id))
      return { status: 400, body: { error: { code: 400, errors: [{ reason: 'channelIdNotUnique' }] } } }
    const end = Math.min(Number(body['expiration']), now() + lifeMs)
    channels.set(id, end)
    return { body: { kind: 'api#channel', id, resourceId: 'res-1', expiration: String(end) } }
  }
  return { channels, live, reply }
}
