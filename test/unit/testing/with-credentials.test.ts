import { describe, expect, test } from 'vitest'
import type { SecretSources } from '#lib/config/secret-lookup.ts'
import { mockProvider } from '#lib/testing/mock-provider.ts'
import { suitesWithCredentials, type Sandbox, type SuiteOptions } from '#lib/testing/with-credentials.ts'

/** A test runner that writes down what it is told, over an environment of its own. */
function given(environment: Readonly<Record<string, string>>, more: Partial<SecretSources> = {}) {
  const suites: string[] = []
  const said: string[] = []
  const sandboxes: Sandbox[] = []
  const called: { readonly url: string; readonly headers: Headers; readonly body: string }[] = []
  const run = (name: string, body: () => void) => {
    suites.push(`run ${name}`)
    body()
  }
  const describeWithCredentials = suitesWithCredentials({
    describe: Object.assign(run, { skip: (name: string) => void suites.push(`skip ${name}`) }),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      called.push({ url: request.url, headers: request.headers, body: await request.text() })
      return new Response('{}')
    },
    sources: {
      environment: (name) => environment[name],
      dotenv: () => undefined,
      configDirectory: '/config',
      privateFile: () => undefined,
      ...more,
    },
    say: (line) => said.push(line),
  })
  const suite = (provider: string, options?: SuiteOptions) =>
    describeWithCredentials(provider, (sandbox) => sandboxes.push(sandbox), options)
  return { suite, suites, said, sandboxes, called }
}

describe('a suite against a real provider', () => {
  test('runs where the key is found, and calls with it', async () => {
    const { suite, suites, said, sandboxes, called } = given({ STRIPE_API_KEY: 'sk_test_1' })
    suite('stripe')
    expect(suites).toEqual(['run stripe at https://api.stripe.com'])
    expect(said).toEqual([])
    await sandboxes[0]?.fetch('/v1/refunds', { method: 'POST', body: 'charge=ch_1' })
    expect(called).toMatchObject([{ url: 'https://api.stripe.com/v1/refunds', body: 'charge=ch_1' }])
    expect(called[0]?.headers.get('authorization')).toBe('Bearer sk_test_1')
  })

  test('is skipped without one, and says which and where it was looked for', () => {
    const { suite, suites, said, sandboxes } = given({})
    suite('stripe')
    const line =
      'stripe: skipped, because STRIPE_API_KEY is not set: looked in the environment, .env and ~/.config/stripe/api_key'
    expect(said).toEqual([line])
    expect(suites).toEqual([`skip ${line}`])
    expect(sandboxes).toEqual([])
  })

  test('finds keys in .env and in the directory of the provider too', () => {
    const dotenv = given({}, { dotenv: () => 'GITHUB_TOKEN=t-1' })
    dotenv.suite('github')
    const file = given(
      {},
      { privateFile: (path) => (path === '/config/etherscan/api_key' ? 'k-1\n' : undefined) },
    )
    file.suite('etherscan')
    expect([dotenv.suites, file.suites]).toEqual([
      ['run github at https://api.github.com'],
      ['run etherscan at https://api.etherscan.io/v2/api'],
    ])
  })

  test('takes any of the forms in which the provider takes keys, whole', () => {
    const half = given({ TWILIO_ACCOUNT_SID: 'AC1' })
    half.suite('twilio')
    expect(half.said[0]).toContain('TWILIO_AUTH_TOKEN is not set')
    const other = given({ TWILIO_KEY_SID: 'SK1', TWILIO_KEY_SECRET: 's' })
    other.suite('twilio')
    expect(other.suites).toEqual(['run twilio at https://api.twilio.com'])
  })

  test('takes an access token where the provider has no keys, and says what its address lacks', () => {
    const { suite, suites } = given({ QUICKBOOKS_ACCESS_TOKEN: 't', QUICKBOOKS_REALMID: '42' })
    suite('quickbooks', { base: 'sandbox' })
    const lacking = given({ QUICKBOOKS_ACCESS_TOKEN: 't' })
    lacking.suite('quickbooks')
    expect(suites).toEqual(['run quickbooks at https://sandbox-quickbooks.api.intuit.com/v3/company/42'])
    expect(lacking.said[0]).toContain('nothing says its "realmId"')
  })

  test('is not run with a live key unless it says so', () => {
    const live = given({ STRIPE_API_KEY: 'sk_live_1' })
    live.suite('stripe')
    live.suite('stripe', { allowLive: true })
    expect(live.suites).toEqual([
      'skip stripe: skipped, because its key is a live one: use that of a sandbox, or say allowLive',
      'run stripe at https://api.stripe.com',
    ])
  })

  test('is skipped with the reason where a file of secrets is open to others', () => {
    const { suite, said } = given({}, { dotenv: () => 'broken line' })
    suite('stripe')
    expect(said).toHaveLength(1)
  })

  test('sends credentials to the API alone', async () => {
    const { suite, sandboxes, called } = given({ STRIPE_API_KEY: 'sk_test_1' })
    suite('stripe')
    await expect(sandboxes[0]?.fetch('https://evil.example/v1/x')).rejects.toMatchObject({
      code: 'ADDRESS_REFUSED',
    })
    expect(called).toEqual([])
  })

  test('works against what answers at {PROVIDER}_BASE_URL', async () => {
    const mock = mockProvider('etherscan', {
      routes: (answer) => ({ 'GET /': answer.json({ status: '1' }) }),
      credentials: { key: 'k-9' },
    })
    const sandboxes: Sandbox[] = []
    const run = (_: string, body: () => void) => body()
    suitesWithCredentials({
      describe: Object.assign(run, { skip: () => {} }),
      fetch: mock.fetch,
      sources: {
        environment: (name) =>
          ({ ETHERSCAN_API_KEY: 'k-9', ETHERSCAN_BASE_URL: 'http://127.0.0.1:4000/v2/api' })[name],
        dotenv: () => undefined,
        configDirectory: '/config',
        privateFile: () => undefined,
      },
    })('etherscan', (sandbox) => sandboxes.push(sandbox))
    expect(await (await sandboxes[0]?.fetch('http://127.0.0.1:4000/v2/api?module=stats'))?.json()).toEqual({
      status: '1',
    })
  })

  test('is of a provider that has an API', () => {
    expect(() => given({}).suite('hmac')).toThrow('no provider "hmac" with an API')
  })
})
