import { page } from '#functions/admin/console/page.tsx'
import { AuditPage } from '#functions/admin/console/audit-page.tsx'
import { LimitsPage } from '#functions/admin/console/limits-page.tsx'
import { OverviewPage } from '#functions/admin/console/overview-page.tsx'
import { ReplaysPage } from '#functions/admin/console/replays-page.tsx'
import { hours, iso, later, minutes, ms, type EpochMs } from '#lib/primitives/clock.ts'

/** Pages with data that no table gives yet, by their addresses. */
export function givenPages(now: EpochMs): ReadonlyMap<string, () => unknown> {
  const frame = { stage: 'test' } as const
  return new Map<string, () => unknown>([
    ['/given/limits', () => page({ ...frame, title: 'Limits', section: 'limits', children: limits(now) })],
    [
      '/given/no-limits',
      () => page({ ...frame, title: 'Limits', section: 'limits', children: noLimits(now) }),
    ],
    ['/given/audit', () => page({ ...frame, title: 'Audit', section: 'audit', children: audit(now) })],
    [
      '/given/replays',
      () => page({ ...frame, title: 'Replays', section: 'replays', children: replays(now) }),
    ],
    [
      '/given/overview',
      () => page({ ...frame, title: 'Overview', section: 'overview', children: measured(now) }),
    ],
  ])
}

const ago = (now: EpochMs, span: number): string => iso(later(now, -span))

const noLimits = (now: EpochMs) => (
  <LimitsPage breakers={[]} limits={[]} mayReset={false} notice={undefined} now={now} />
)

const limits = (now: EpochMs) => (
  <LimitsPage
    mayReset
    notice={undefined}
    now={now}
    breakers={[
      {
        id: 'github:api',
        provider: 'github',
        scope: 'api.github.com',
        state: 'closed',
        since: null,
        retryAt: null,
        calls: 214,
        failures: 1,
        cause: null,
        version: 'v1',
      },
      {
        id: 'slack:chat',
        provider: 'slack',
        scope: 'slack.com chat.postMessage',
        state: 'open',
        since: ago(now, 95_000),
        retryAt: iso(later(now, 25_000)),
        calls: 40,
        failures: 37,
        cause: '503 Service Unavailable, 37 of 40 calls within 30 s',
        version: 'v1',
      },
      {
        id: 'quickbooks:acme',
        provider: 'quickbooks',
        scope: 'quickbooks.api.intuit.com',
        state: 'half_open',
        since: ago(now, 8_000),
        retryAt: null,
        calls: 12,
        failures: 10,
        cause: 'no answer within 10 s',
        version: 'v1',
      },
    ]}
    limits={[
      {
        id: 'a',
        provider: 'quickbooks',
        scope: 'realm 9130357849023',
        rule: '500 a minute',
        used: 412,
        of: 500,
        resetAt: iso(later(now, 21_000)),
        blockedUntil: null,
        waiting: 0,
        throttled: 0,
      },
      {
        id: 'b',
        provider: 'github',
        scope: 'installation 88123',
        rule: '5,000 an hour',
        used: 4_870,
        of: 5_000,
        resetAt: iso(later(now, minutes(14))),
        blockedUntil: null,
        waiting: 12,
        throttled: 9,
      },
      {
        id: 'c',
        provider: 'slack',
        scope: 'T024BE7LD chat.postMessage',
        rule: '1 a second',
        used: null,
        of: 1,
        resetAt: null,
        blockedUntil: null,
        waiting: 0,
        throttled: 2,
      },
    ]}
  />
)

const audit = (now: EpochMs) => (
  <AuditPage
    filter={{ tenant: undefined, actor: undefined, action: undefined, outcome: undefined }}
    older="/console/audit?cursor=x"
    now={now}
    items={[
      {
        id: '1',
        at: ago(now, 40_000),
        actor: 'dana@example.com',
        role: 'operator',
        action: 'redriveDeadLetters',
        target: null,
        tenant: 'acme',
        outcome: 'done',
        requestId: 'Lq1zXjH3oAMEJ8Q=',
        detail: '5 events, HandlerError: no stock for SKU-1043',
      },
      {
        id: '2',
        at: ago(now, minutes(9)),
        actor: 'sam@example.com',
        role: 'viewer',
        action: 'deleteConnection',
        target: `conn_${'Ab3'.repeat(10)}xy`,
        tenant: 'globex',
        outcome: 'refused',
        requestId: 'Lq1yPiQXIAMEMXw=',
        detail: 'needs the role operator',
      },
      {
        id: '3',
        at: ago(now, hours(4)),
        actor: 'admin token',
        role: 'admin',
        action: 'rewrapTenantKeys',
        target: 'acme',
        tenant: 'acme',
        outcome: 'done',
        requestId: 'Lq0aB7sDoAMEVcA=',
        detail: null,
      },
      {
        id: '4',
        at: ago(now, hours(5)),
        actor: 'dana@example.com',
        role: 'operator',
        action: 'startBackfill',
        target: `conn_${'Zk9'.repeat(10)}qq:cdc`,
        tenant: 'acme',
        outcome: 'failed',
        requestId: 'Lq0Zz1aaoAMEBBB=',
        detail: 'the queue did not answer',
      },
    ]}
  />
)

const replays = (now: EpochMs) => {
  const scope = {
    since: ago(now, hours(30)),
    until: ago(now, hours(6)),
    tenant: null,
    provider: 'stripe',
    type: null,
    eventStatus: 'dead',
    mode: 'same-key',
    rate: 20,
  } as const
  const counts = { total: 1_240, queued: 610, skipped: 22, failed: 0 }
  return (
    <ReplaysPage
      wish={{
        since: '2026-11-20T04:00',
        until: '2026-11-21T04:00',
        provider: 'stripe',
        status: 'dead',
        mode: 'same-key',
        rate: '20',
      }}
      plan={{ ...scope, total: 1_240, isCut: false, toQueue: 1_190, toSkip: 44, expired: 6, seconds: 60 }}
      providers={['github', 'stripe']}
      older={undefined}
      notice={undefined}
      now={now}
      items={[
        {
          ...scope,
          ...counts,
          id: 'rp_1',
          status: 'running',
          startedBy: 'dana@example.com',
          startedAt: ago(now, 31_000),
          finishedAt: null,
          cause: null,
        },
        {
          ...scope,
          ...counts,
          id: 'rp_2',
          provider: null,
          status: 'paused',
          total: null,
          queued: 90,
          startedBy: null,
          startedAt: ago(now, hours(1)),
          finishedAt: null,
          cause: 'the queue holds more than 10,000 events',
        },
        {
          ...scope,
          ...counts,
          id: 'rp_3',
          provider: 'github',
          type: 'push',
          tenant: 'acme',
          mode: 'forced',
          status: 'done',
          queued: 1_218,
          startedBy: 'dana@example.com',
          startedAt: ago(now, hours(30)),
          finishedAt: ago(now, hours(29)),
          cause: null,
        },
      ]}
    />
  )
}

const wave = (scale: number, shift: number): number[] =>
  Array.from({ length: 24 }, (_, hour) => Math.round(scale * (1.2 + Math.sin((hour + shift) / 3))))

const measured = (now: EpochMs) => {
  const healthy = { freshness: null, breaker: 'closed', missed: 0 } as const
  return (
    <OverviewPage
      within="24h"
      now={now}
      overview={{
        since: ago(now, hours(24)),
        until: iso(now),
        spanMs: ms(hours(1)),
        isCut: true,
        events: 2_000,
        failing: 31,
        dead: 9,
        p95Ms: 1_240,
        missed: 4,
        toReconnect: [
          {
            id: `conn_${'a'.repeat(32)}`,
            tenant: 'globex',
            provider: 'quickbooks',
            account: '4620816365291',
          },
        ],
        providers: [
          {
            provider: 'slack',
            events: wave(30, 2),
            failing: wave(30, 2).map((value, hour) => (hour > 20 ? Math.round(value / 3) : 0)),
            p95Ms: 2_300,
            p95sMs: wave(900, 4).map((value, hour) => (hour > 8 && hour < 12 ? null : value)),
            throttled: wave(2, 1),
            freshness: { state: 'late', streams: 3, lagMs: hours(5) },
            breaker: 'open',
            missed: 4,
          },
          {
            provider: 'stripe',
            events: wave(44, 0),
            failing: wave(0, 0),
            p95Ms: 840,
            p95sMs: wave(400, 1),
            throttled: wave(0, 0),
            ...healthy,
          },
          {
            provider: 'github',
            events: wave(0, 0),
            failing: wave(0, 0),
            p95Ms: null,
            p95sMs: wave(0, 0).map(() => null),
            throttled: wave(0, 0),
            freshness: { state: 'fresh', streams: 2, lagMs: minutes(4) },
            breaker: 'half_open',
            missed: 0,
          },
        ],
      }}
    />
  )
}
