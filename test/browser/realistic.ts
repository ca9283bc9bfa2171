import { pollName } from '#lib/admin/poll-view.ts'
import { connectionId } from '#lib/vault/connection-id.ts'
import type { ConnectionState, ReauthCause } from '#lib/vault/connection.ts'
import { dynamoBackfills } from '#lib/polling/backfills.dynamo.ts'
import { backfillId, type Backfill } from '#lib/polling/backfill.ts'
import { dynamoMissedLedger } from '#lib/polling/missed-ledger.dynamo.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { days, hours, later, minutes, type EpochMs } from '#lib/primitives/clock.ts'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import type { GivenAdmin } from '../fakes/given-admin.ts'
import type { Tables } from '../fakes/tables.ts'

export interface Realistic {
  readonly deadId: string
  readonly doneId: string
  readonly retryId: string
  readonly active: string
  readonly broken: string
  /** As addresses name it. */
  readonly pollId: string
}

const types = {
  stripe: ['invoice.paid', 'payment_intent.succeeded', 'charge.refunded', 'customer.subscription.updated'],
  github: ['push', 'pull_request.opened', 'issues.closed'],
  quickbooks: ['Invoice.Create', 'Payment.Update', 'Customer.Update'],
  slack: ['message.channels', 'reaction_added'],
  sendgrid: ['delivered', 'open', 'bounce'],
} as const

const ago = (from: EpochMs, span: number): EpochMs => later(from, -span)

/** A day of a small deployment: mostly well, with a cause here and there. The same every time. */
export async function seedRealistic(given: GivenAdmin, tables: Tables, perProvider = 34): Promise<Realistic> {
  const events = Object.entries(types).flatMap(([provider, names], row) =>
    Array.from({ length: Math.max(2, perProvider - row * 5) }, (_, index) => ({
      key: `${provider}_${index}`,
      provider,
      type: names[(index * 7) % names.length] ?? '',
      tenant: ['acme', 'globex', 'initech'][(index + row) % 3] ?? '',
      age: hours(1) * ((index * 37 + row * 11) % 230) * 0.1 + 60_000 * (index % 7) + 40_000,
      took: 180 + ((index * 97 + row * 31) % 900) + (index % 11 === 0 ? 2_600 : 0),
    })),
  )
  await mapBounded(events, 8, (event) => given.seed(event))
  const dead = await seedDead(given)
  const doneId = await given.seed({
    key: 'evt_1PqXyZ',
    tenant: 'acme',
    type: 'invoice.paid',
    age: 30_000,
    took: 840,
    body: JSON.stringify({
      id: 'evt_1PqXyZ',
      type: 'invoice.paid',
      data: {
        object: {
          id: 'in_84',
          amount_paid: 12_950,
          currency: 'eur',
          customer_email: 'jo@example.com',
          lines: [{ id: 'il_1', quantity: 3 }],
        },
      },
    }),
  })
  const retryId = await given.seed({
    key: 'retrying',
    tenant: 'globex',
    provider: 'github',
    type: 'push',
    status: 'retry',
    reason: 'TimeoutError: the warehouse did not answer within 10 s',
    age: 20_000,
  })
  await given.seed({ key: 'claimed', tenant: 'acme', type: 'charge.refunded', status: 'claimed', age: 2_000 })
  await given.seed({
    key: 'parked',
    tenant: 'acme',
    provider: 'slack',
    type: 'message.channels',
    status: 'parked',
    reason: 'BREAKER_OPEN',
    age: 9_000,
  })
  const connections = await seedConnections(given)
  const pollId = await seedPolls(given, tables)
  return { deadId: dead, doneId, retryId, pollId, ...connections }
}

async function seedDead(given: GivenAdmin): Promise<string> {
  const causes = [
    ['HandlerError: no stock for SKU-1043', 'stripe', 'invoice.paid', 5],
    ['UNPROCESSABLE: field "email" is missing', 'sendgrid', 'bounce', 3],
    ['conflict', 'github', 'push', 1],
  ] as const
  let last = ''
  for (const [reason, provider, type, count] of causes)
    for (let index = 0; index < count; index += 1)
      last = await given.seed({
        key: `dead-${type}-${index}`,
        provider,
        type,
        tenant: 'acme',
        status: 'dead',
        reason,
        age: hours(1) * (index + 1) * 0.7,
      })
  return last
}

async function seedConnections(
  given: GivenAdmin,
): Promise<{ readonly active: string; readonly broken: string }> {
  const now = given.deps.clock.now()
  const make = async (
    tenant: string,
    provider: string,
    account: string,
    state: ConnectionState,
    more: object = {},
  ) => {
    const id = connectionId(tenant, provider, account)
    const times = { connectedAt: ago(now, days(40)), obtainedAt: ago(now, minutes(24)) }
    const tokens = { refreshAt: later(now, minutes(24)), expiresAt: later(now, minutes(36)) }
    const scopes = ['com.intuit.quickbooks.accounting', 'openid']
    await given.deps.vault.connect(
      {
        id,
        tenant,
        provider,
        account,
        state,
        scopes,
        ...times,
        ...tokens,
        tokens: new Uint8Array([1]),
        ...more,
      },
      `owner-of-${account}`,
    )
    return id
  }
  const endKey = async (tenant: string, id: string, cause: ReauthCause) => {
    const found = await given.deps.vault.get(tenant, id, { consistent: true })
    if (!found) throw new Error('no such connection')
    const leased = await given.deps.vault.lease(found, 'worker', later(now, 60_000))
    if (leased.kind === 'leased') await given.deps.vault.needsReauth(leased.lease, cause)
  }
  const active = await make('acme', 'quickbooks', '9130357849023', 'active', {
    refreshExpiresAt: later(now, days(87)),
    hardExpiresAt: later(now, days(1_780)),
  })
  await make('acme', 'slack', 'T024BE7LD', 'active', { refreshAt: undefined, expiresAt: undefined })
  await make('globex', 'github', 'octo-org', 'active')
  await make('initech', 'google-calendar', 'ops@initech.example', 'pending')
  const broken = await make('globex', 'quickbooks', '4620816365291', 'active')
  await endKey('globex', broken, 'revoked')
  const gone = await make('initech', 'gmail', 'former@initech.example', 'active')
  await given.deps.vault.disconnect('initech', gone)
  return { active, broken }
}

async function seedPolls(given: GivenAdmin, { client }: Tables): Promise<string> {
  const { clock } = given.deps
  const now = clock.now()
  const table = given.connectionsTable
  const polls = dynamoPolls({ client, table, clock })
  const make = async (tenant: string, provider: string, account: string, stream: string, ageMs: number) => {
    const id = { connection: connectionId(tenant, provider, account), stream }
    const at = later(now, -ageMs)
    const watermark = { text: new Date(at).toISOString(), at }
    await polls.create({
      ...id,
      tenant,
      provider,
      endpoint: provider,
      phase: phaseFor(id, 5),
      watermark,
      createdAt: at,
    })
    const poll = await polls.get(id)
    if (!poll) throw new Error('no such poll')
    return poll
  }
  const invoices = await make('acme', 'quickbooks', '9130357849023', 'changes?entity=Invoice', minutes(3))
  await polls.change(invoices, { found: 1_284, missed: 4 })
  await make('acme', 'slack', 'T024BE7LD', 'messages?channel=C04GENERAL', minutes(1))
  const late = await make('globex', 'github', 'octo-org', 'issues?owner=octo-org&repo=storefront', hours(5))
  await polls.change(late, { failure: 'GitHub answered 403: secondary rate limit', found: 96 })
  await make('globex', 'quickbooks', '4620816365291', 'changes?entity=Invoice', minutes(9))
  await dynamoMissedLedger({ client, table: given.controlTable }).set({
    tenant: 'acme',
    provider: 'quickbooks',
    connection: invoices.connection,
    stream: invoices.stream,
    at: ago(now, hours(3)),
    count: 4,
  })
  const backfills = dynamoBackfills({ client, table })
  await backfills.create(
    backfillOf(invoices, now, {
      state: 'running',
      pages: 212,
      read: 21_150,
      found: 20_871,
      total: 48_200,
      share: 0.44,
    }),
  )
  await backfills.create(
    backfillOf(invoices, ago(now, days(9)), {
      state: 'done',
      share: 1,
      pages: 61,
      read: 6_020,
      found: 6_020,
      finishedAt: ago(now, days(8)),
    }),
  )
  await backfills.create(
    backfillOf(late, ago(now, hours(2)), {
      state: 'paused',
      cause: 'the account must be connected again',
      pages: 4,
      read: 400,
      found: 388,
    }),
  )
  return pollName(invoices)
}

function backfillOf(poll: Poll, begunAt: EpochMs, more: Partial<Backfill>): Backfill {
  const window = { since: ago(begunAt, days(365)), until: begunAt }
  const { tenant, provider, connection, stream, endpoint } = poll
  const named = { tenant, provider, connection, stream, endpoint, ...window }
  const counts = { slice: 4, pages: 0, read: 0, found: 0, restarts: 0, failures: 0, version: 0 }
  return {
    ...named,
    id: backfillId(poll, window),
    ...counts,
    state: 'running',
    createdAt: begunAt,
    begunAt,
    from: window.since,
    leaseUntil: 0 as EpochMs,
    ...more,
  }
}
