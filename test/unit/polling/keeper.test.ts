import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dynamoSubscriptions } from '#lib/polling/keeper.dynamo.ts'
import { keep } from '#lib/polling/keeper-run.ts'
import { epochMs, iso } from '#lib/primitives/clock.ts'
import { gmailKeeper, googleCalendarKeeper, githubKeeper, stripeKeeper } from '#lib/providers/keepers.ts'
import { givenKeeper, googleChannels, type Crash, type Reply } from '#test/fakes/given-keeper.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const { events } = googleCalendarKeeper

/** A keeper of a calendar, with a look each 30 minutes. */
function calendar(crash?: Crash, lifeMs = 7 * dayMs) {
  let at = () => 0
  const google = googleChannels(() => at(), lifeMs)
  const given = givenKeeper('google-calendar', { calendar: 'primary' }, (asked) => google.reply(asked), crash)
  at = () => given.clock.now()
  const look = async (): Promise<void> => {
    given.revive()
    // A process that dies says nothing.
    await keep(given.subscription, () => events, given.deps).catch(() => undefined)
  }
  return { ...given, google, look }
}

describe('a channel', () => {
  test('is made with an id and an end of ours, and sends the token that the endpoint takes', async () => {
    const { asked, look, now, clock } = calendar()
    await look()
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      method: 'POST',
      path: '/calendars/primary/events/watch',
      body: { type: 'web_hook', address: 'https://hooks.test/webhooks/x', token: 'shared' },
    })
    expect(now().channels).toMatchObject([
      { state: 'live', resource: 'res-1', expiresAt: clock.now() + 7 * dayMs },
    ])
    expect(JSON.stringify(now())).not.toContain('shared')
  })

  test('has a successor before its end, both are there for a while, and then the old one is stopped', async () => {
    const { google, look, clock, asked } = calendar()
    const lives: number[] = []
    for (let hour = 0; hour < 15 * 24; hour += 1) {
      await look()
      lives.push(google.live())
      await clock.advance(hourMs / 2)
      await look()
      lives.push(google.live())
      await clock.advance(hourMs / 2)
    }
    expect(Math.min(...lives)).toBe(1)
    expect(Math.max(...lives)).toBe(2)
    expect(lives.at(-1)).toBe(1)
    expect(asked.filter(({ path }) => path.endsWith('/watch'))).toHaveLength(3)
    expect(asked.filter(({ path }) => path.endsWith('/stop'))).toHaveLength(2)
  })

  test('that lives shorter than was asked for is renewed at half of its life', async () => {
    const { google, look, clock, asked } = calendar(undefined, 2 * hourMs)
    for (let turn = 0; turn < 48; turn += 1) {
      await look()
      expect(google.live()).toBeGreaterThan(0)
      await clock.advance(hourMs / 2)
    }
    expect(asked.filter(({ path }) => path.endsWith('/watch')).length).toBeLessThan(30)
  })

  test.each(['before', 'after'] as const)(
    'is neither lost nor doubled by a crash at any call, %s it took effect',
    async (moment) => {
      for (let at = 1, isPast = false; !isPast; at += 1) {
        const given = calendar({ at, moment })
        const { google, look, clock, life } = given
        let isBegun = false
        for (let turn = 0; turn < 2 * 24 * 16; turn += 1) {
          await look()
          if (google.live() > 0) isBegun = true
          // After the first one, always one; never more than two and the one whose answer was lost.
          if (isBegun) expect({ at, turn, lost: google.live() < 1 }).toEqual({ at, turn, lost: false })
          expect(google.live()).toBeLessThanOrEqual(3)
          await clock.advance(hourMs / 2)
        }
        isPast = life.calls < at
        const { channels } = given.now()
        expect({ at, live: google.live(), known: channels.map(({ state }) => state) }).toEqual({
          at,
          live: 1,
          known: ['live'],
        })
      }
    },
  )

  test('is left to the one that holds the lease', async () => {
    const given = calendar()
    const [first, second] = await Promise.all([
      keep(given.subscription, () => events, given.deps),
      keep(given.subscription, () => events, given.deps),
    ])
    expect([first.kind, second.kind].toSorted()).toEqual(['busy', 'kept'])
    expect(given.google.channels.size).toBe(1)
    expect((await keep(given.subscription, () => events, given.deps)).kind).toBe('not_due')
  })
})

describe('a watch', () => {
  test('is asked for each day, a week before its end', async () => {
    const given = givenKeeper('gmail', { topic: 'projects/p/topics/t' }, () => ({
      body: { historyId: '1', expiration: String(given.clock.now() + 7 * dayMs) },
    }))
    for (let hour = 0; hour < 72; hour += 1) {
      await keep(given.subscription, () => gmailKeeper.mailbox, given.deps)
      expect(given.now().watchedUntil).toBeGreaterThan(given.clock.now() + 5 * dayMs)
      await given.clock.advance(hourMs)
    }
    expect(given.asked).toHaveLength(3)
    expect(given.asked[0]).toMatchObject({
      path: '/users/me/watch',
      body: { topicName: 'projects/p/topics/t' },
    })
  })

  test.each([{}, { expiration: '1' }, { expiration: 'soon' }])(
    'with the end %o is a failure that is tried again',
    async (body) => {
      const given = givenKeeper('gmail', { topic: 't' }, () => ({ body }))
      expect((await keep(given.subscription, () => gmailKeeper.mailbox, given.deps)).kind).toBe('set_back')
      expect(given.now()).toMatchObject({ failures: 1, leaseUntil: 0 })
      expect(given.now().nextAt).toBeGreaterThan(given.clock.now())
    },
  )
})

/** A hook of GitHub with a delivery that failed, and one that arrived at its second attempt. */
function github(crash?: Crash, answered = 200) {
  const attempts: { id: number; guid: string; at: number; redelivery: boolean; code: number }[] = []
  const given = givenKeeper(
    'github',
    { owner: 'o', repo: 'r', hook: '1' },
    ({ method, path }): Reply => {
      if (method === 'POST') {
        const id = Number(/deliveries\/(\d+)\/attempts$/.exec(path)?.[1])
        const { guid = '' } = attempts.find((each) => each.id === id) ?? {}
        attempts.push({
          id: 1_000 + attempts.length,
          guid,
          at: given.clock.now(),
          redelivery: true,
          code: answered,
        })
        return { status: 202, body: {} }
      }
      const newest = attempts.toSorted((a, b) => b.at - a.at)
      return {
        body: newest.map(({ id, guid, at, redelivery, code }) => ({
          id,
          guid,
          delivered_at: iso(epochMs(at)),
          redelivery,
          status: code === 200 ? 'OK' : 'Bad',
          status_code: code,
          event: 'push',
          action: null,
        })),
      }
    },
    crash,
  )
  const sent = (guid: string) => attempts.filter((each) => each.guid === guid && each.redelivery).length
  const deliver = (guid: string, code: number, ago = 600_000) =>
    attempts.push({ id: attempts.length + 1, guid, at: given.clock.now() - ago, redelivery: false, code })
  const look = async (): Promise<void> => {
    given.revive()
    await keep(given.subscription, () => githubKeeper.deliveries, given.deps).catch(() => undefined)
  }
  return { ...given, attempts, sent, deliver, look }
}

describe('failed deliveries', () => {
  test('are sent again once, those that arrived are not', async () => {
    const given = github()
    given.deliver('failed', 500)
    given.deliver('fine', 200)
    given.deliver('retried', 500)
    given.deliver('retried', 200, 300_000)
    given.deliver('young', 500, 30_000)
    for (let turn = 0; turn < 10; turn += 1) {
      await given.look()
      await given.clock.advance(900_000)
    }
    expect(['failed', 'fine', 'retried', 'young'].map(given.sent)).toEqual([1, 0, 0, 1])
    expect(given.counts.filter((name) => name === 'WebhookRedelivered')).toHaveLength(2)
  })

  test('are sent again by and by where there are many', async () => {
    const given = github()
    for (let nth = 0; nth < 130; nth += 1) given.deliver(`g${nth}`, 0, 600_000 + nth * 1_000)
    for (let turn = 0; turn < 4; turn += 1) await given.look()
    expect(new Set(Array.from({ length: 130 }, (_, nth) => given.sent(`g${nth}`)))).toEqual(new Set([1]))
  })

  test.each(['before', 'after'] as const)(
    'are sent again exactly once, whatever call the keeper dies at, %s it took effect',
    async (moment) => {
      for (let at = 1, isPast = false; !isPast; at += 1) {
        // The second attempt fails too: only what was written down says that it was made.
        const given = github({ at, moment }, 500)
        for (const guid of ['a', 'b', 'c']) given.deliver(guid, 502)
        for (let turn = 0; turn < 8; turn += 1) {
          await given.look()
          await given.clock.advance(900_000)
        }
        isPast = given.life.calls < at
        expect({ at, sent: ['a', 'b', 'c'].map(given.sent) }).toEqual({ at, sent: [1, 1, 1] })
      }
    },
  )
})

describe('an endpoint', () => {
  const stripe = (state: { status: string; code?: number }, crash?: Crash) =>
    givenKeeper(
      'stripe',
      { endpoint: 'we_1' },
      () => ({ status: state.code ?? 200, body: { id: 'we_1', status: state.status } }),
      crash,
    )

  test('that was switched off is told once, and again after it was on', async () => {
    const state = { status: 'enabled' }
    const given = stripe(state)
    for (const status of ['enabled', 'disabled', 'disabled', 'enabled', 'disabled']) {
      state.status = status
      await keep(given.subscription, () => stripeKeeper.endpoint, given.deps)
      await given.clock.advance(hourMs)
    }
    expect(given.news).toHaveLength(2)
    expect(given.news[0]?.at).not.toBe(given.news[1]?.at)
    expect(given.counts.filter((name) => name === 'SubscriptionDisabled')).toHaveLength(3)
  })

  test('of GitHub tells why', async () => {
    const given = givenKeeper('github', { owner: 'o', repo: 'r', hook: '1' }, () => ({
      body: { id: 1, active: false, last_response: { code: 503, message: 'Service Unavailable' } },
    }))
    await keep(given.subscription, () => githubKeeper.hook, given.deps)
    expect(given.news).toMatchObject([{ reason: 'Service Unavailable' }])
  })

  test('that is there no more is told as deleted', async () => {
    const given = stripe({ status: '', code: 404 })
    await keep(given.subscription, () => stripeKeeper.endpoint, given.deps)
    expect(given.news).toMatchObject([{ reason: 'deleted' }])
  })

  test.each(['before', 'after'] as const)(
    'is told as one and the same news, whatever call the keeper dies at, %s it took effect',
    async (moment) => {
      for (let at = 1, isPast = false; !isPast; at += 1) {
        const given = stripe({ status: 'disabled' }, { at, moment })
        for (let turn = 0; turn < 4; turn += 1) {
          given.revive()
          await keep(given.subscription, () => stripeKeeper.endpoint, given.deps).catch(() => undefined)
          await given.clock.advance(hourMs)
        }
        isPast = given.life.calls < at
        expect({ at, news: new Set(given.news.map((each) => each.at)).size }).toEqual({ at, news: 1 })
      }
    },
  )
})

describe('subscriptions in the table', () => {
  let tables: Tables
  beforeAll(async () => {
    tables = await startTables()
    await createConnections(tables.client, 'kept')
  })
  afterAll(() => tables.close())

  test('are written by who read the latest, and an answer that got lost is known as ours', async () => {
    const { subscription } = calendar()
    const store = dynamoSubscriptions({ client: tables.client, table: 'kept' })
    expect(await store.create(subscription)).toBe('created')
    expect(await store.create(subscription)).toBe('exists')
    expect(await store.get(subscription)).toEqual(subscription)
    expect(await store.save({ ...subscription, failures: 1 }, 'me')).toBe('saved')
    expect(await store.save({ ...subscription, failures: 1 }, 'me')).toBe('saved')
    expect(await store.save({ ...subscription, failures: 2 }, 'other')).toBe('lost')
    expect(await store.get(subscription)).toMatchObject({ failures: 1, version: 1 })
    expect(await store.get({ ...subscription, subscription: 'none' })).toBeUndefined()
  })
})
