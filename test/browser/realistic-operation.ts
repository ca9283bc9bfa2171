import type { AdminDeps } from '#functions/admin/deps.ts'
import type { AuditIntent, AuditResult } from '#lib/admin/audit.ts'
import { neverOpened, type Standing } from '#lib/outbound/breaker-standing.ts'
import type { Subscription } from '#lib/polling/keeper.ts'
import { dynamoSubscriptions } from '#lib/polling/keeper.dynamo.ts'
import { days, epochMs, hours, later, minutes, seconds, type EpochMs } from '#lib/primitives/clock.ts'
import { noCounts, type Replay } from '#lib/processing/replays.ts'
import type { GivenAdmin } from '../fakes/given-admin.ts'
import type { Tables } from '../fakes/tables.ts'

const ago = (from: EpochMs, span: number): EpochMs => later(from, -span)

/** What calls have met: 429s of one provider, one breaker that is open, one that is tried, a limit that is used up. */
export function metOutside(now: EpochMs): Pick<AdminDeps, 'metricReader' | 'breakers' | 'lines'> {
  const open = (openedAgo: number): Standing => ({
    ...neverOpened,
    state: 'open',
    by: 'seen',
    openedAt: now - openedAgo,
    openMs: minutes(5),
  })
  const standings = new Map([
    ['slack', open(95_000)],
    ['quickbooks', open(minutes(6))],
    ['github', { ...neverOpened, by: 'once', openedAt: now - hours(9), openMs: 20_000 }],
  ])
  const counts = new Map([
    ['slack', { failures: 37, successes: 3 }],
    ['github', { failures: 1, successes: 213 }],
  ])
  return {
    metricReader: {
      read: async (wanted) => [
        {
          id: wanted[0]?.id ?? '',
          provider: 'slack',
          points: Array.from({ length: 9 }, (_, hour) => ({
            at: ago(now, hours(hour)),
            value: (hour * 5) % 7,
          })),
        },
      ],
    },
    breakers: {
      read: async (id) => ({
        standing: standings.get(id) ?? neverOpened,
        tally: { window: 0, ...(counts.get(id) ?? { failures: 0, successes: 0 }) },
      }),
      swap: async (id, _, to) => {
        standings.set(id, to)
        return to
      },
    },
    lines: {
      read: async ({ provider, windows }) => ({
        by: 'seen',
        next: windows.map(() => (provider === 'quickbooks' ? now + 21_000 : 0)),
        blockedUntil: provider === 'slack' ? now + minutes(14) : 0,
      }),
    },
  }
}

const replayOf = (name: string, now: EpochMs, more: Partial<Replay>): Replay => ({
  id: `rp_${name.padEnd(32, '0')}`,
  tenant: 'acme',
  since: ago(now, hours(30)),
  until: ago(now, hours(6)),
  filter: { provider: 'stripe', status: 'dead' },
  mode: 'same-key',
  rate: 20,
  limit: 1_000_000,
  state: 'running',
  createdAt: ago(now, seconds(31)),
  slice: 3,
  position: `${ago(now, hours(16))}#x`,
  counts: { ...noCounts, queued: 610, skipped: 22 },
  failures: 0,
  version: 1,
  leaseUntil: epochMs(0),
  expireAt: (Math.round(now / 1_000) + 1_000_000) as Replay['expireAt'],
  planned: 1_240,
  ...more,
})

/** Replays that run, stand and have ended. */
export async function seedReplays({ deps: { replaying, clock } }: GivenAdmin): Promise<void> {
  const now = clock.now()
  const replays = [
    replayOf('running', now, {}),
    replayOf('paused', now, {
      tenant: 'globex',
      filter: {},
      state: 'paused',
      cause: 'the queue does not answer',
      failures: 12,
      createdAt: ago(now, hours(1)),
    }),
    replayOf('done', now, {
      filter: { provider: 'github', type: 'push' },
      mode: 'forced',
      state: 'done',
      counts: { ...noCounts, queued: 1_218, skipped: 4, expired: 3 },
      createdAt: ago(now, days(2)),
      finishedAt: ago(now, days(2) - minutes(3)),
    }),
  ]
  for (const replay of replays) await replaying.replays.create(replay)
}

/** What is looked after for a connection: well, failing, and switched off by its provider. */
export async function seedSubscriptions(
  { connectionsTable: table, deps: { clock } }: GivenAdmin,
  { client }: Tables,
  connection: string,
): Promise<void> {
  const now = clock.now()
  const subscriptions = dynamoSubscriptions({ client, table })
  const make = (subscription: string, more: Partial<Subscription>) =>
    subscriptions.create({
      connection,
      subscription,
      tenant: 'acme',
      provider: 'quickbooks',
      params: {},
      channels: [],
      redeliveries: [],
      failures: 0,
      nextAt: later(now, minutes(20)),
      version: 0,
      leaseUntil: epochMs(0),
      ...more,
    })
  const since = ago(now, days(2))
  await make('events?calendar=primary', {
    channels: [{ id: 'c', state: 'live', since, expiresAt: later(now, days(5)) }],
    redeliveries: [{ guid: 'g', askedAt: since, done: true }],
  })
  await make('mailbox?topic=projects/acme/topics/mail', { failures: 3, watchedUntil: later(now, days(1)) })
  await make('hook?owner=octo&repo=hello&hook=1', { disabledAt: ago(now, hours(4)), told: true })
}

/** What some people and a script did, and how each of it ended. */
export async function seedAudit({ deps: { audit, clock } }: GivenAdmin): Promise<void> {
  const now = clock.now()
  const rows: readonly (readonly [Partial<AuditIntent>, Partial<AuditResult> | undefined])[] = [
    [{ operation: 'redrive', actor: 'person:dana@example.com' }, {}],
    [
      { operation: 'deleteConnection', target: { id: `conn_${'Ab3'.repeat(10)}xy` }, role: 'viewer' },
      { outcome: 'refused', status: 403, tenants: ['globex'] },
    ],
    [
      {
        operation: 'rewrapTenantKeys',
        target: { id: 'acme' },
        via: 'api',
        role: 'admin',
        actor: 'admin-token',
      },
      {},
    ],
    [
      { operation: 'startBackfill', target: { id: `conn_${'Zk9'.repeat(10)}qq:changes` } },
      { outcome: 'failed', status: 503 },
    ],
    [
      {
        operation: 'startReplay',
        via: 'api',
        actor: 'person:sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
      },
      { outcome: 'repeated', tenants: ['acme', 'globex', 'initech'] },
    ],
    [{ operation: 'runPoll' }, undefined],
  ]
  for (const [index, [given, result]] of rows.entries()) {
    const intent: AuditIntent = {
      id: String(index).padEnd(22, 'x'),
      at: ago(now, minutes(9 * index + 1)),
      requestId: `Lq${index}zXjH3oAMEJ8Q=`,
      operation: 'redrive',
      via: 'console',
      actor: 'person:sam@example.com',
      role: 'operator',
      target: {},
      ...given,
    }
    await audit.begin(intent)
    const whole = { outcome: 'done', status: 200, tenants: ['acme'], completedAt: intent.at } as const
    if (result) await audit.complete(intent, { ...whole, ...result })
  }
}
