import { expect, test } from 'vitest'
import { providers } from '#lib/providers/catalog.ts'
import { givenShell } from './given.ts'

const wrong: [parameters: string[], complaint: RegExp][] = [
  [['sned'], /unknown command 'sned'[^]*Did you mean send/],
  [['send'], /missing required argument 'provider'/],
  [['send', 'stripe', '--cuont', '2'], /unknown option '--cuont'[^]*Did you mean --count/],
  [['send', 'stripe', '--count', '0'], /whole number from 1 to/],
  [['send', 'stripe', '--count', '1e3'], /whole number/],
  [['send', 'stripe', '--seed', '-1'], /whole number/],
  [['send', 'stripe', '--concurrency', '1000'], /whole number from 1 to 256/],
  [['send', 'github', '--type', 'push\nx: y'], /printable ASCII/],
  [['send', 'stripe', 'github'], /too many arguments/],
  [['send', '__proto__'], /no provider "__proto__"; there are: auth0, /],
  [['send', 'stripe', '--endpoint', 'acme'], /no endpoint "acme"; there are: stripe/],
  [['send', 'stripe', '--url', 'ftp://x'], /--url must be an address/],
  [['events', 'list', '--since', 'yesterday'], /Write how long ago/],
  [['events', 'show'], /missing required argument 'id'/],
  [['events', 'list', '--limit', '101'], /whole number from 1 to 100/],
]
test.each(wrong)('%j is typed wrongly: exit code 2, and why', async (parameters, complaint) => {
  const { sluice } = givenShell()

  const { code, out, err } = await sluice(...parameters)

  expect(code).toBe(2)
  expect(err).toMatch(complaint)
  expect(out).toBe('')
})

test('with --json a complaint is a document on standard output too', async () => {
  const { sluice } = givenShell()

  const { code, out } = await sluice('send', 'nobody', '--json')

  expect(code).toBe(2)
  expect(JSON.parse(out)).toEqual({
    error: { code: 'unknown_provider', message: expect.stringContaining('there is no provider "nobody"') },
  })
})

test('a group without its verb shows its help on standard error, and ends with 2', async () => {
  const { sluice } = givenShell()

  for (const parameters of [[], ['events'], ['dead-letters'], ['secrets'], ['provider']]) {
    const { code, out, err } = await sluice(...parameters)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^Usage: sluice/)
  }
})

const commands = [
  [],
  ['send'],
  ['events', 'list'],
  ['events', 'show'],
  ['events', 'tail'],
  ['events', 'replay'],
  ['dead-letters', 'list'],
  ['dead-letters', 'redrive'],
  ['console'],
  ['secrets', 'set'],
  ['provider', 'list'],
]
test.each(commands.map((command) => [command]))(
  '%j --help shows examples, and ends with 0',
  async (command) => {
    const { sluice } = givenShell()

    const { code, out, err } = await sluice(...command, '--help')

    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/Examples:\n  \$ sluice /)
    expect(out).toContain('--json')
  },
)

test('--version prints the version alone', async () => {
  expect(await givenShell().sluice('--version')).toEqual({ code: 0, out: '0.0.0\n', err: '' })
})

test('provider list names every address and its secret', async () => {
  const { sluice } = givenShell()

  const { out } = await sluice('provider', 'list')
  const { items } = JSON.parse((await sluice('provider', 'list', '--json')).out)

  expect(out).toMatch(
    /standard-webhooks +Standard Webhooks +\/webhooks\/standard-webhooks +STANDARD_WEBHOOKS_WEBHOOK_SECRET/,
  )
  expect(items.map(({ id }: { id: string }) => id)).toEqual(providers.map(({ id }) => id))
  const stripe = items.find(({ id }: { id: string }) => id === 'stripe')
  expect(stripe.endpoints).toEqual([
    { id: 'stripe', tenant: 'default', path: '/webhooks/stripe', secretName: 'STRIPE_WEBHOOK_SECRET' },
  ])
})

test('colour is for terminals that want it', async () => {
  const terminal = { input: true, output: true, errors: true, columns: 80, color: true }
  const { sluice } = givenShell({ change: { terminal } })

  expect((await sluice('provider', 'list')).out).toContain('\u001B[1m')
  expect((await sluice('provider', 'list', '--no-color')).out).not.toContain('\u001B')
  expect((await sluice('send', 'x', '--no-color')).err).not.toContain('\u001B')
})

test('dev starts the stack with what follows, and ends as it ends', async () => {
  const started: unknown[] = []
  const runProgram = async (...call: unknown[]) => {
    started.push(call)
    return 7
  }

  expect((await givenShell({ change: { runProgram } }).sluice('dev', '--quiet')).code).toBe(7)
  expect(started).toEqual([['infra/local/start.ts', ['--quiet']]])
})

test('a config that can not be used is told as the config tells it', async () => {
  const { SluiceError } = await import('#lib/errors/sluice-error.ts')
  const loadEndpoints = async () => {
    throw new SluiceError('MISCONFIGURED', 'sluice.config.ts can not be used:\n  endpoints: none')
  }

  const { code, err } = await givenShell({ change: { loadEndpoints } }).sluice('provider', 'list')

  expect([code, err]).toEqual([1, 'error: sluice.config.ts can not be used:\n  endpoints: none\n'])
})
