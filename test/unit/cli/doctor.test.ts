import { expect, test } from 'vitest'
import { operations } from '#lib/admin/operations.ts'
import type { Diagnosis } from '#lib/admin/schemas-diagnosis.ts'
import type { Cloud } from '#cli/io.ts'
import { givenShell, loopback, type Reply, type Shell, type World } from './given.ts'

interface Finding {
  readonly check: string
  readonly status: string
  readonly found: string
  readonly fix?: string
}

const minutesAgo = (n: number): string => new Date(Date.parse(at) - n * 60_000).toISOString()
const at = '2026-10-01T12:00:00.000Z'
const well: Diagnosis = {
  at,
  stage: 'prod',
  role: 'viewer',
  rounds: { sweeper: minutesAgo(1), refresher: minutesAgo(0), poller: minutesAgo(1) },
  tick: { minute: minutesAgo(1) },
  polls: { looked: 1, more: false, late: 0, still: 0, blocked: 0, held: [] },
  refreshes: { count: 0, since: null },
  subscriptions: { count: 0, since: null },
  deadLetters: { count: 0, more: false },
  queues: { events: { waiting: 0, inFlight: 0 }, 'events-dead': { waiting: 0, inFlight: 0 } },
}
const wellCloud: Cloud = {
  identity: async () => ({ arn: 'arn:aws:iam::1:role/ops', account: '1', region: 'eu-west-1' }),
  alarms: async () => [{ name: 'sluice-prod-dead-letters', state: 'OK', actions: true }],
  schedules: async () => ['a', 'b', 'c'].map((name) => ({ name, isEnabled: true })),
}
const named = (name: string) => () => Promise.reject(Object.assign(new Error('planted'), { name }))

interface Plan {
  readonly health?: Reply
  readonly openapi?: Reply
  readonly diagnosis?: Partial<Diagnosis> | Reply
  readonly metrics?: object
  readonly cloud?: Partial<Cloud>
  /** How far the server's clock is ahead. */
  readonly aheadMs?: number
  readonly local?: boolean
  readonly world?: World
  /** Instead of a good secret for every endpoint. */
  readonly secrets?: (shell: Shell) => Promise<void>
}

const allPaths = Object.fromEntries(
  Object.values(operations).map(({ id, path, method }) => [
    `${path} ${id}`,
    { [method]: { operationId: id } },
  ]),
)
const pathsWith = (more: object): Reply => ({ body: { paths: { ...allPaths, ...more } } })
const isReply = (diagnosis: object | string): diagnosis is Reply =>
  diagnosis === 'drop' ||
  Object.hasOwn(diagnosis as object, 'status') ||
  Object.hasOwn(diagnosis as object, 'body')

/** A deployment in which all is well but what the plan changes; answers the findings. */
async function examine(plan: Plan = {}, ...parameters: string[]) {
  const { diagnosis = {}, health, openapi, metrics = { items: [] } } = plan
  const server = await loopback(({ path }) => {
    if (path === '/health')
      return health ?? { body: { status: 'healthy', checks: { queue: { status: 'healthy' } } } }
    if (path === '/openapi.json') return openapi ?? pathsWith({})
    if (path.startsWith('/api/metrics')) return { body: metrics }
    if (isReply(diagnosis)) return diagnosis
    return { body: { ...well, ...(plan.local && { stage: 'local' }), ...diagnosis } }
  })
  const shell = givenShell({
    environment: { SLUICE_ADMIN_TOKEN: 'the-token-of-the-test' },
    ...plan.world,
    change: {
      openCloud: async () => ({ ...wellCloud, ...plan.cloud }),
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        const date = new Date(shell.io.clock.now() + (plan.aheadMs ?? 0)).toUTCString()
        return new Response(response.body, { status: response.status, headers: { date } })
      },
      ...plan.world?.change,
    },
  })
  if (plan.local) shell.stackAt(server.url)
  const fill = plan.secrets ?? storeAll(plan.local ? 'local sluice/local' : 'aws sluice/prod')
  await fill(shell)
  const url = plan.local ? [] : ['--url', server.url]
  const { code, out, err } = await shell.sluice('doctor', '--json', ...url, ...parameters)
  const document = JSON.parse(out) as { findings: Finding[]; counts: Record<string, number> }
  const find = (check: string) => document.findings.find((finding) => finding.check === check)
  return { code, out, err, ...document, find, shell, server }
}

/** A secret that every scheme takes: the forms of those that want another are in {@link forms}. */
const storeAll = (prefix: string) => async (shell: Shell) => {
  const byProvider = new Map<string, Record<string, string>>()
  for (const { provider, secretName } of await shell.io.loadEndpoints())
    byProvider.set(provider, {
      ...byProvider.get(provider),
      [secretName]: forms[provider] ?? 'ab'.repeat(32),
    })
  for (const [provider, values] of byProvider)
    shell.stored.set(`${prefix}/${provider}`, JSON.stringify(values))
}
const forms: Readonly<Record<string, string>> = {
  stripe: `whsec_${'ab'.repeat(32)}`,
  'standard-webhooks': `whsec_${'ab'.repeat(32)}`,
  mixpanel: `sluice:${'ab'.repeat(32)}`,
}
const onlyStripe = (change: object = {}): World => ({
  change: {
    loadEndpoints: async () => [
      {
        id: 'stripe',
        provider: 'stripe',
        tenant: 'default',
        secretName: 'STRIPE_WEBHOOK_SECRET',
        maxBodyBytes: 1,
      },
    ],
    ...change,
  },
})
const stripeSecret =
  (values: object | string, prefix = 'aws sluice/prod') =>
  async (shell: Shell): Promise<void> =>
    void shell.stored.set(`${prefix}/stripe`, typeof values === 'string' ? values : JSON.stringify(values))

test('finds no fault where there is none, asks with the token alone, and changes nothing', async () => {
  const { code, findings, counts, server, out } = await examine({ world: onlyStripe() })
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
  expect([code, counts['fault'], counts['warning']]).toEqual([0, 0, 0])
  expect(new Set(server.received.map(({ method }) => method))).toEqual(new Set(['GET']))
  expect(out).not.toContain('the-token-of-the-test')
  expect(out).not.toContain(forms['stripe'])
})

test('on a local stack there is no account to ask, and generated secrets are as good as any', async () => {
  const { code, find, counts } = await examine({ local: true, world: onlyStripe() })
  expect([code, counts['fault']]).toEqual([0, 0])
  expect(find('alarms')).toMatchObject({ status: 'unknown', found: 'a local stack has none' })
  expect(find('secret STRIPE_WEBHOOK_SECRET')).toMatchObject({ status: 'ok' })
})

/** What is planted, the one finding that it makes, and words of its fix. */
const planted: readonly (readonly [what: string, plan: Plan, check: string, status: string, fix: RegExp])[] =
  [
    [
      'a queue that is down',
      { health: { status: 503, body: { checks: { queue: { status: 'unhealthy' } } } } },
      'health queue',
      'fault',
      /SQS/,
    ],
    [
      'a ledger that answers too late',
      { health: { body: { checks: { ledger: { status: 'unknown' } } } } },
      'health ledger',
      'fault',
      /DynamoDB/,
    ],
    ['a clock that is two minutes apart', { aheadMs: 120_000 }, 'clock', 'warning', /timedatectl/],
    ['a clock that is five minutes apart', { aheadMs: -300_000 }, 'clock', 'fault', /timedatectl/],
    [
      'an older server',
      { openapi: { body: { paths: { '/api/events': { get: { operationId: 'listEvents' } } } } } },
      'version',
      'warning',
      /npx cdk deploy/,
    ],
    [
      'a document that is no OpenAPI',
      { openapi: { body: 'welcome' } },
      'version',
      'unknown',
      /openapi\.json/,
    ],
    [
      'a secret that is missing',
      { secrets: stripeSecret({}) },
      'secret STRIPE_WEBHOOK_SECRET',
      'fault',
      /npx sluice secrets set stripe --stage prod/,
    ],
    [
      'a secret that is blank',
      { secrets: stripeSecret({ STRIPE_WEBHOOK_SECRET: ' ' }) },
      'secret STRIPE_WEBHOOK_SECRET',
      'fault',
      /secrets set/,
    ],
    [
      'a secret that is no JSON',
      { secrets: stripeSecret('whsec_x') },
      'secrets',
      'fault',
      /put-secret-value --secret-id sluice\/prod\/stripe/,
    ],
    [
      'half a registration',
      { secrets: stripeSecret({ STRIPE_WEBHOOK_SECRET: forms['stripe'], STRIPE_CLIENT_ID: 'ca_1' }) },
      'client stripe',
      'fault',
      /docs\/connecting\.md/,
    ],
    [
      'the other half',
      { secrets: stripeSecret({ STRIPE_WEBHOOK_SECRET: forms['stripe'], STRIPE_CLIENT_SECRET: 'sk_1' }) },
      'client stripe',
      'fault',
      /docs\/connecting\.md/,
    ],
    [
      'a sweeper that stopped',
      { diagnosis: { rounds: { ...well.rounds, sweeper: minutesAgo(9) } as Diagnosis['rounds'] } },
      'schedule sweeper',
      'fault',
      /list-schedules/,
    ],
    [
      'a refresher that never ran',
      { diagnosis: { rounds: { ...well.rounds, refresher: null } as Diagnosis['rounds'] } },
      'schedule refresher',
      'warning',
      /wait two minutes/,
    ],
    [
      'ticks that fail',
      { diagnosis: { tick: { minute: minutesAgo(30) } } },
      'schedule of polls',
      'fault',
      /a tick of polls failed/,
    ],
    [
      'polls that stand still',
      {
        diagnosis: {
          polls: {
            looked: 2,
            more: false,
            late: 0,
            still: 1,
            blocked: 0,
            held: [{ id: 'conn_1:events', tenant: 'acme', state: 'still', lastError: null }],
          },
        },
      },
      'polls',
      'fault',
      /npx sluice polls list/,
    ],
    [
      'polls that are late',
      { diagnosis: { polls: { looked: 2, more: true, late: 1, still: 0, blocked: 0, held: [] } } },
      'polls',
      'warning',
      /npx sluice polls list/,
    ],
    [
      'refreshes that are overdue',
      { diagnosis: { refreshes: { count: 3, since: minutesAgo(90) } } },
      'refreshes',
      'fault',
      /log of the refresher/,
    ],
    [
      'subscriptions that are not renewed',
      { diagnosis: { subscriptions: { count: 1, since: minutesAgo(90) } } },
      'subscriptions',
      'fault',
      /log of the poller/,
    ],
    [
      'dead letters',
      { diagnosis: { deadLetters: { count: 2, more: false } } },
      'dead letters',
      'warning',
      /npx sluice dead-letters list/,
    ],
    [
      'messages that no function took',
      { diagnosis: { queues: { 'bulk-dead': { waiting: 1, inFlight: 0 } } } },
      'queue bulk-dead',
      'warning',
      /dead-letters list/,
    ],
    [
      'a backlog',
      { diagnosis: { queues: { events: { waiting: 5_000, inFlight: 9 } } } },
      'queue events',
      'warning',
      /concurrency/,
    ],
    [
      'a queue that does not answer',
      { diagnosis: { queues: { events: null } } },
      'queue events',
      'unknown',
      /npx sluice doctor/,
    ],
    ['a table that does not answer', { diagnosis: { rounds: null } }, 'schedules', 'unknown', /health/],
    [
      'an alarm that rings',
      {
        cloud: { alarms: async () => [{ name: 'sluice-prod-dead-letters', state: 'ALARM', actions: true }] },
      },
      'alarms',
      'fault',
      /runbook\.md says under "dead-letters"/,
    ],
    [
      'an alarm that tells nobody',
      { cloud: { alarms: async () => [{ name: 'sluice-prod-bulk-age', state: 'OK', actions: false }] } },
      'alarms',
      'warning',
      /enable-alarm-actions --alarm-names sluice-prod-bulk-age/,
    ],
    [
      'no alarm at all',
      { cloud: { alarms: async () => [] } },
      'alarms',
      'warning',
      /npx cdk deploy -c stage=prod/,
    ],
    [
      'a right that is missing',
      { cloud: { alarms: named('AccessDenied') } },
      'alarms',
      'unknown',
      /allow it cloudwatch:DescribeAlarms/,
    ],
    [
      'a schedule that is off',
      { cloud: { schedules: async () => [{ name: 'Sluice-prod-Poll', isEnabled: false }] } },
      'schedules in AWS',
      'fault',
      /npx cdk deploy -c stage=prod/,
    ],
    ['another region', { cloud: { schedules: async () => [] } }, 'schedules in AWS', 'unknown', /AWS_REGION/],
    [
      'no credentials',
      { cloud: { identity: named('CredentialsProviderError') } },
      'identity',
      'unknown',
      /aws sso login/,
    ],
    [
      'an open breaker',
      {
        openapi: pathsWith({ '/api/metrics': { get: { operationId: 'getMetrics' } } }),
        metrics: { items: [{ provider: 'slack', breaker: 'open', health: { state: 'down' } }] },
      },
      'breakers',
      'fault',
      /status page/,
    ],
    ['a token that is refused', { diagnosis: { status: 401 } }, 'token', 'fault', /AdminSecret/],
    ['a token of one tenant', { diagnosis: { status: 403 } }, 'token', 'warning', /all tenants/],
    ['a server without a diagnosis', { diagnosis: { status: 404 } }, 'token', 'unknown', /npx cdk deploy/],
    ['a server that fails', { diagnosis: { status: 500 } }, 'token', 'fault', /log of the admin function/],
    ['another server', { health: { body: { hello: 'world' } } }, 'reachable', 'fault', /output `Url`/],
    ['a server that is away', { health: 'drop' }, 'reachable', 'fault', /npx cdk deploy/],
  ]

test.each(planted)('%s is found, with what to do', async (_, plan, check, status, fix) => {
  const usual = stripeSecret({ STRIPE_WEBHOOK_SECRET: forms['stripe'] })
  const { code, find, findings } = await examine({ world: onlyStripe(), secrets: usual, ...plan })
  expect(find(check)).toMatchObject({ check, status, fix: expect.stringMatching(fix) })
  // Nothing else is wrong.
  expect(findings.filter((each) => each.check !== check && !['ok', 'unknown'].includes(each.status))).toEqual(
    [],
  )
  expect(code).toBe(status === 'fault' ? 1 : 0)
})

test('a certificate that does not hold, and an address without one', async () => {
  const failing = Object.assign(new TypeError('fetch failed'), {
    cause: { code: 'CERT_HAS_EXPIRED', name: 'Error' },
  })
  Object.setPrototypeOf(failing.cause, Error.prototype)
  const { sluice } = givenShell({ change: { fetch: () => Promise.reject(failing) } })
  const expired = await sluice('doctor', '--json', '--url', 'https://sluice.test')
  expect(JSON.parse(expired.out)).toMatchObject({
    findings: [{ check: 'tls', status: 'fault', fix: expect.stringContaining('ACM') }, { status: 'unknown' }],
  })
  const open = await sluice('doctor', '--json', '--url', 'http://sluice.test')
  expect(JSON.parse(open.out)).toMatchObject({
    findings: [{ check: 'tls', status: 'fault', fix: expect.stringContaining('https://sluice.test') }, {}],
  })
})

test('no stack, a token that is not set, an address that is none', async () => {
  const { sluice } = givenShell()
  const none = await sluice('doctor')
  expect([none.code, none.out]).toEqual([
    1,
    expect.stringContaining('-> start the local stack with `npm start`'),
  ])
  expect((await sluice('doctor', '--url', 'nonsense')).code).toBe(2)
  const { find } = await examine({ world: { environment: {} } })
  expect(find('token')).toMatchObject({ status: 'fault', fix: expect.stringContaining('SLUICE_ADMIN_TOKEN') })
})

test('a secret that the local stack has made up is a fault in the cloud, one that was given to both is none', async () => {
  const value = forms['stripe'] ?? ''
  const both = async (shell: Shell): Promise<void> => {
    await stripeSecret({ STRIPE_WEBHOOK_SECRET: value })(shell)
    await stripeSecret({ STRIPE_WEBHOOK_SECRET: value }, 'local sluice/local')(shell)
    shell.stackAt('http://127.0.0.1:1')
  }
  const token = { SLUICE_ADMIN_TOKEN: 't' }
  const made = await examine({ secrets: both, world: { ...onlyStripe(), environment: token } })
  expect(made.find('secret STRIPE_WEBHOOK_SECRET')).toMatchObject({
    status: 'fault',
    found: expect.stringContaining('made up for itself'),
  })
  const environment = { ...token, STRIPE_WEBHOOK_SECRET: value }
  const given = await examine({ secrets: both, world: { ...onlyStripe(), environment } })
  expect(given.find('secret STRIPE_WEBHOOK_SECRET')).toMatchObject({ status: 'ok' })
})

test('a store that may not be read is told once, and is no fault', async () => {
  const change = {
    openSecretStore: async () => ({ read: named('AccessDeniedException'), write: async () => {} }),
  }
  const { code, findings } = await examine({ world: { environment: { SLUICE_ADMIN_TOKEN: 't' }, change } })
  const told = findings.filter(({ check }) => check.startsWith('secret'))
  expect(told).toMatchObject([
    { status: 'unknown', fix: expect.stringContaining('secretsmanager:GetSecretValue') },
  ])
  expect(code).toBe(0)
})

test('says in text what is well and what is not, with the fix below it', async () => {
  const server = await loopback(() => 'drop')
  const { sluice } = givenShell()
  const { out } = await sluice('doctor', '--url', server.url)
  expect(out).toContain('✗ reachable')
  expect(out).toMatch(/\n +-> look at the address/)
  expect(out).toContain('1 fault, 0 warnings, 0 well, 1 not known')
})
