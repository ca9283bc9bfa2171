import { expect, test } from 'vitest'
import { idGrammar } from '#lib/buffer/envelope-shape.ts'
import { parseConfig } from '#lib/config/parse-config.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { on } from '#lib/processing/handler.ts'
import { hmac } from '#lib/providers/hmac.ts'
import shipped from '#config'

const stripe = { provider: 'stripe' }
const signedBody = hmac.webhooks.scheme
const withScheme = (change: object) => ({
  endpoints: [{ provider: 'hmac', scheme: { ...signedBody, ...change } }],
})

/** What `parseConfig` says of a config that it refuses. */
function complaint(config: unknown): string {
  try {
    parseConfig(config)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SluiceError)
    expect((thrown as SluiceError).code).toBe('MISCONFIGURED')
    return (thrown as SluiceError).message
  }
  throw new Error('the config was accepted')
}

test('the config that ships compiles to one endpoint per provider', () => {
  const { endpoints, eventBus, maxAttempts } = parseConfig(shipped)

  expect(endpoints.map(({ provider, id, tenant }) => ({ provider, id, tenant }))).toEqual(
    ['stripe', 'github', 'slack', 'standard-webhooks', 'hmac'].map((id) => ({
      provider: id,
      id,
      tenant: 'default',
    })),
  )
  expect({ eventBus, maxAttempts }).toEqual({ eventBus: true, maxAttempts: 8 })
})

test('an endpoint of a tenant has its own address and its own secret name', () => {
  const { endpoints } = parseConfig({ endpoints: [stripe, { ...stripe, id: 'acme-eu', tenant: 'acme' }] })

  expect(endpoints[1]).toEqual({
    id: 'acme-eu',
    provider: 'stripe',
    tenant: 'acme',
    secretName: 'STRIPE_ACME_EU_WEBHOOK_SECRET',
    maxBodyBytes: 4_194_304,
  })
})

test('compiled endpoints survive a JSON round trip', () => {
  const { endpoints } = parseConfig(shipped)
  expect(JSON.parse(JSON.stringify(endpoints))).toEqual(endpoints)
})

test.each([
  ['no endpoint', { endpoints: [] }, 'endpoints: must name at least one'],
  [
    'an unknown provider',
    { endpoints: [{ provider: 'strpe' }] },
    'endpoints[0].provider: must be a provider',
  ],
  ['a prototype as provider (B014)', { endpoints: [{ provider: '__proto__' }] }, 'endpoints[0].provider'],
  ['a misspelt field', { endpoints: [{ ...stripe, tenantt: 'a' }] }, 'endpoints[0]: has no field "tenantt"'],
  [
    'a tenant with a slash',
    { endpoints: [{ ...stripe, tenant: 'a/b' }] },
    'endpoints[0].tenant: must be 1 to 63',
  ],
  ['a body limit above the gateway', { endpoints: [{ ...stripe, maxBodyBytes: 5e6 }] }, 'from 1 to 4194304'],
  [
    'attempts 0 (B102)',
    { endpoints: [stripe], retry: { maxAttempts: 0 } },
    'retry.maxAttempts: must be a whole',
  ],
  ['attempts without end (B102)', { endpoints: [stripe], retry: { maxAttempts: Infinity } }, 'from 1 to 50'],
  ['attempts as text (B102)', { endpoints: [stripe], retry: { maxAttempts: '10' } }, 'retry.maxAttempts'],
  [
    'a function as handler',
    { endpoints: [stripe], handlers: [() => {}] },
    'handlers[0]: must be made by on(',
  ],
  ['no config at all', undefined, '(the whole)'],
  ['a reserved variable', { endpoints: [stripe], environment: { SLUICE_STAGE: 'x' } }, 'SLUICE_STAGE'],
])('%s is refused with its path', (_, config, words) => expect(complaint(config)).toContain(words))

test('two endpoints with the same id are refused, also of different providers (B105)', () => {
  const twice = { endpoints: [stripe, stripe] }
  const across = {
    endpoints: [
      { provider: 'github', id: 'main' },
      { ...stripe, id: 'main' },
    ],
  }

  expect(complaint(twice)).toContain('endpoints[1].id: "stripe" is taken by endpoints[0]')
  expect(complaint(across)).toContain('endpoints[1].id: "main" is taken by endpoints[0]')
})

test('two endpoints that would read the same secret are refused', () => {
  const config = {
    endpoints: [
      { ...stripe, id: 'a-b' },
      { ...stripe, id: 'a_b' },
    ],
  }
  expect(complaint(config)).toContain("share its secret's name with endpoints[0]")
})

test('two handlers of one name are refused, because a retry could skip the one that failed', () => {
  const handlers = [on('stripe.*', () => {}), on('stripe.*', () => {})]
  expect(complaint({ endpoints: [stripe], handlers })).toContain('handlers[1]: has the name of handlers[0]')
})

test.each([
  [
    'leaves the body unsigned',
    { signed: ['{timestamp}'], timestamp: { header: 't', unit: 's' } },
    '"{body}"',
  ],
  ['signs a time that it does not read', { signed: ['{timestamp}', '{body}'] }, 'timestamp: is needed'],
  ['signs a variable that does not exist (B109)', { signed: ['${process.env}', '{body}'] }, 'stand alone'],
  [
    'reads a time that nobody signed',
    { timestamp: { header: 't', unit: 's' } },
    'an unsigned time proves nothing',
  ],
  ['reads an id that nobody signed', { id: { header: 'x' } }, 'an unsigned id proves nothing'],
  ['signs an id that it does not read', { signed: ['{id}', '{body}'] }, 'id: is needed'],
  ['names a weak digest', { algorithm: 'md5' }, 'scheme.algorithm: must be one of sha1'],
  [
    'writes a header in capitals',
    { signature: { ...signedBody.signature, header: 'X-Sig' } },
    'in lower case',
  ],
])('a scheme that %s is refused', (_, change, words) =>
  expect(complaint(withScheme(change))).toContain(words),
)

test('a provider that has its own scheme takes no other', () => {
  const config = { endpoints: [{ ...stripe, scheme: signedBody }] }
  expect(complaint(config)).toContain('only provider "hmac" takes a scheme')
})

test('an hmac endpoint may say where the identity of a delivery is', () => {
  const deliveryKey = [{ pointer: '/event/id' }, { header: 'x-id' }]
  const scheme = { ...signedBody, id: { header: 'x-id' }, signed: ['{id}', '{body}'] }
  const { endpoints } = parseConfig({ endpoints: [{ provider: 'hmac', scheme, deliveryKey }] })

  expect(endpoints[0]?.deliveryKey).toEqual(deliveryKey)
})

test.each([
  [
    'a header that nobody signed',
    { provider: 'hmac', deliveryKey: [{ header: 'x-id' }] },
    'deliveryKey[0]: must be',
  ],
  ['a pointer without its slash', { provider: 'hmac', deliveryKey: [{ pointer: 'id' }] }, 'deliveryKey[0]'],
  ['one for stripe', { ...stripe, deliveryKey: [{ pointer: '/id' }] }, 'only provider "hmac" takes one'],
])('an identity by %s is refused', (_, endpoint, words) =>
  expect(complaint({ endpoints: [endpoint] })).toContain(words),
)

test('an id that the config takes is one that an envelope takes', () => {
  for (const id of ['a', '0_-', 'a'.repeat(63)]) {
    expect(parseConfig({ endpoints: [{ ...stripe, id }] }).endpoints[0]?.id).toMatch(idGrammar)
  }
  for (const id of ['', '-a', 'A', 'a'.repeat(64), 'a.b']) {
    expect(id).not.toMatch(idGrammar)
    expect(complaint({ endpoints: [{ ...stripe, id }] })).toContain('endpoints[0].id')
  }
})

test('accounts are named to tenants, each by an id', () => {
  const tenants = { acct_1: 'acme' }
  const { endpoints } = parseConfig({ endpoints: [{ provider: 'stripe', tenants }] })
  expect(endpoints).toMatchObject([{ tenant: 'default', tenants }])
  const wrong = { endpoints: [{ provider: 'stripe', tenants: { acct_1: 'No Id' } }] }
  expect(() => parseConfig(wrong)).toThrow(/endpoints\[0\]\.tenants/)
})

test('a bus has the name and the source of its provider unless it says others', () => {
  const bus = { detail: { bucket: { name: ['invoices'] } } }
  const source = 'aws.partner/stripe.com/ed_test_1'
  const { endpoints } = parseConfig({
    endpoints: [
      { provider: 's3', bus },
      { provider: 'stripe', bus: { name: source, source } },
    ],
  })
  expect(endpoints.map((endpoint) => endpoint.bus)).toEqual([
    { name: 'default', source: 'aws.s3', ...bus },
    { name: source, source },
  ])
})

test.each([
  ['a provider without one', [{ provider: 'github', bus: {} }], 'endpoints[0].bus: is not known for github'],
  [
    "another service's events",
    [{ provider: 'ses', bus: { source: 'aws.ec2' } }],
    'endpoints[0].bus.source: must be aws.ses',
  ],
  [
    'a partner that is not named to the end',
    [{ provider: 'stripe', bus: {} }],
    'endpoints[0].bus.source: must be aws.partner/stripe.com/',
  ],
  [
    'a source of two endpoints',
    [
      { provider: 'ses', bus: {} },
      { provider: 'ses', id: 'ses-eu', bus: {} },
    ],
    'endpoints[1].bus.source: "aws.ses" leads to endpoints[0]',
  ],
])('a bus of %s is refused', (_name, endpoints, message) => {
  expect(complaint({ endpoints })).toContain(message)
})

const oidc = { issuer: 'https://login.example.com/', audience: 'https://sluice.example.com' }
const withOidc = (change: object) => ({ endpoints: [stripe], admin: { oidc: { ...oidc, ...change } } })

test('an issuer compiles to its defaults, and survives a JSON round trip', () => {
  const compiled = parseConfig(withOidc({})).oidc
  expect(compiled).toEqual({
    ...oidc,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    rolesClaim: 'roles',
    requiredScopes: [],
  })
  expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled)
  expect(parseConfig({ endpoints: [stripe], admin: {} }).oidc).toBeUndefined()
  expect(parseConfig(withOidc({ issuer: 'http://localhost:9000' })).oidc?.issuer).toBe(
    'http://localhost:9000',
  )
})

test('the console as a client of the issuer compiles to its defaults', () => {
  const compiled = parseConfig(withOidc({ console: { clientId: 'console' } })).oidc?.console
  expect(compiled).toEqual({ clientId: 'console', scopes: ['openid'], clientAuth: 'none' })
  const own = { clientId: 'c', scopes: ['openid', 'roles'], clientAuth: 'client_secret_post' }
  expect(parseConfig(withOidc({ console: own })).oidc?.console).toEqual(own)
})

test.each([
  ['a console without a client', { console: {} }, 'console.clientId'],
  ['a console with an empty client', { console: { clientId: '' } }, 'console.clientId: must not be empty'],
  [
    'a console that asks for no ID token',
    { console: { clientId: 'c', scopes: ['profile'] } },
    'console.scopes: must have openid',
  ],
  [
    'a console with a secret in it',
    { console: { clientId: 'c', clientSecret: 's' } },
    'admin.oidc.console: has no field "clientSecret"',
  ],
  [
    "a console that has the API's own name",
    { console: { clientId: oidc.audience } },
    "console.clientId: must not be the API's audience",
  ],
  [
    'a console with another way to authenticate',
    { console: { clientId: 'c', clientAuth: 'mtls' } },
    'console.clientAuth: must be one of none',
  ],
  ['an issuer by plain http', { issuer: 'http://login.example.com' }, 'issuer: must be an https address'],
  [
    'an issuer with a query',
    { issuer: 'https://login.example.com/?a=b' },
    'issuer: must be an https address',
  ],
  ['an issuer with a password', { issuer: 'https://me:pw@login.example.com' }, 'issuer: must be an https'],
  ['an issuer that is none', { issuer: 'login.example.com' }, 'issuer: must be an https address'],
  ['no audience', { audience: '' }, 'audience: must not be empty'],
  ['several audiences', { audience: ['a'] }, 'audience: must be of type string'],
  ['keys by plain http', { jwksUrl: 'http://10.0.0.1/jwks' }, 'jwksUrl: must be an https address'],
  ['keys in a file', { jwksUrl: 'file:///etc/keys' }, 'jwksUrl: must be an https address'],
  ['no signature (B077)', { algorithms: ['RS256', 'none'] }, 'algorithms[1]: must be one of RS256, RS384'],
  ['HMAC (B077)', { algorithms: ['HS256'] }, 'algorithms[0]: must be one of RS256, RS384'],
  ['no algorithm', { algorithms: [] }, 'algorithms: must name at least one'],
  ['a claim without a name', { rolesClaim: '' }, 'rolesClaim: must be the name of a claim'],
  ['a broken pointer', { tenantsClaim: '/a/~2' }, 'tenantsClaim: must be the name of a claim'],
  ['two scopes in one', { requiredScopes: ['a b'] }, 'requiredScopes[0]: must be one scope'],
  ['a field that is not known', { audiences: [] }, 'admin.oidc: has no field "audiences"'],
])('an issuer with %s is refused with its path', (_, change, words) =>
  expect(complaint(withOidc(change))).toContain(words.startsWith('admin') ? words : `admin.oidc.${words}`),
)

const withPolls = (...polls: readonly object[]) => ({ endpoints: [stripe], polls })

test('what is read by itself is kept as it was written; nothing is unless the config says so', () => {
  const polls = [
    { provider: 'stripe', tenants: ['acme'] },
    { provider: 'github', streams: ['issues?owner=octo&repo=hello'] },
  ]
  expect(parseConfig(withPolls(...polls)).polls).toEqual(polls)
  expect(parseConfig({ endpoints: [stripe] }).polls).toEqual([])
})

test('what is looked after is kept as it was written; nothing is unless the config says so', () => {
  const subscriptions = [
    { provider: 'stripe', keep: ['endpoint?endpoint=we_1'], tenants: ['acme'] },
    { provider: 'gmail', keep: ['mailbox?topic=projects/p/topics/t'] },
  ]
  expect(parseConfig({ endpoints: [stripe], subscriptions }).subscriptions).toEqual(subscriptions)
  expect(parseConfig({ endpoints: [stripe] }).subscriptions).toEqual([])
})

test.each([
  [
    'of a provider that has none',
    { provider: 'slack' },
    'subscriptions[0].provider: must be a provider whose',
  ],
  [
    'that its provider does not have',
    { provider: 'stripe', keep: ['x'] },
    'subscriptions[0].keep[0]: must be',
  ],
  ['of nothing', { provider: 'stripe', keep: [] }, 'subscriptions[0].keep: must name at least one'],
  [
    'whose channels would lead nowhere',
    { provider: 'google-drive' },
    "subscriptions[0]: opens channels to an endpoint: add { provider: 'google-drive' }",
  ],
])('a subscription %s is refused with its path', (_, subscription, words) =>
  expect(complaint({ endpoints: [stripe], subscriptions: [subscription] })).toContain(words),
)

test.each([
  [
    'of a provider that has no lists',
    { provider: 'hmac' },
    'polls[0].provider: must be a provider whose lists',
  ],
  ['of nobody', { provider: 'strpe' }, 'polls[0].provider: must be a provider whose lists can be read'],
  [
    'of a stream that its provider does not have',
    { provider: 'stripe', streams: ['events', 'evnts?a=b'] },
    'polls[0].streams[1]: must be a stream of stripe: events',
  ],
  ['of no stream', { provider: 'stripe', streams: [] }, 'polls[0].streams: must name at least one'],
  ['for no tenant', { provider: 'stripe', tenants: [] }, 'polls[0].tenants: must name at least one'],
  ['for a tenant that can not be', { provider: 'stripe', tenants: ['A b'] }, 'polls[0].tenants[0]: '],
  ['with a field that is not known', { provider: 'stripe', every: 5 }, 'polls[0]: has no field "every"'],
])('a poll %s is refused with its path', (_, poll, words) =>
  expect(complaint(withPolls(poll))).toContain(words),
)
