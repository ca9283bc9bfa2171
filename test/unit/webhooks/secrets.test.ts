import { describe, expect, test } from 'vitest'
import { secretRefresh } from '#lib/config/defaults.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import { directoryOf, type Endpoint } from '#lib/webhooks/directory.ts'
import { secretsManagerSecrets } from '#lib/webhooks/secrets.secretsmanager.ts'
import { endpointOf } from '#test/fakes/given-webhook.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const stripe = endpointOf('stripe')
const shop = endpointOf('stripe', { id: 'shop', secretName: 'STRIPE_SHOP_WEBHOOK_SECRET' })

const named = (name: string): Error => Object.assign(new Error(name), { name })

/** `store` is what Secrets Manager answers for every secret, now and after it was changed. */
function givenSecrets(options: {
  readonly store: string | Error
  readonly environment?: Readonly<Record<string, string>>
  readonly endpoints?: readonly Endpoint[]
}) {
  const clock = virtualClock()
  const asked: string[] = []
  const lines: string[] = []
  const state = { store: options.store }
  const send = async (command: { input: { SecretId: string } }) => {
    asked.push(command.input.SecretId)
    if (state.store instanceof Error) throw state.store
    return { SecretString: state.store }
  }
  const secrets = secretsManagerSecrets({
    client: { send },
    stage: 'dev',
    directory: directoryOf(options.endpoints ?? [stripe]),
    fromEnvironment: (name) => options.environment?.[name],
    clock,
    random: seededRandom(1),
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
  })
  const of = async (endpoint: Endpoint = stripe) => {
    const live = await secrets.of(endpoint)
    return live.kind === 'loaded' ? live.secrets.map((secret) => secret.reveal()) : live.kind
  }
  return { clock, asked, lines, state, of }
}

const holding = (values: object): string => JSON.stringify(values)

test('the secret of the provider holds those of all its endpoints, and is asked for once', async () => {
  const store = holding({ STRIPE_WEBHOOK_SECRET: 'one', STRIPE_SHOP_WEBHOOK_SECRET: 'two' })
  const { of, asked } = givenSecrets({ store, endpoints: [stripe, shop] })
  expect(await of(stripe)).toEqual(['one'])
  expect(await of(shop)).toEqual(['two'])
  expect(asked).toEqual(['sluice/dev/stripe'])
})

test('the environment wins, and Secrets Manager is not asked', async () => {
  const { of, asked } = givenSecrets({
    store: holding({ STRIPE_WEBHOOK_SECRET: 'stored' }),
    environment: { STRIPE_WEBHOOK_SECRET: 'own' },
  })
  expect(await of()).toEqual(['own'])
  expect(asked).toEqual([])
})

test('F12: a comma separates the two secrets of a rotation', async () => {
  const { of } = givenSecrets({ store: holding({ STRIPE_WEBHOOK_SECRET: ' old , new,, ' }) })
  expect(await of()).toEqual(['old', 'new'])
})

test('F13: however many requests ask, none causes a fetch', async () => {
  const { of, asked } = givenSecrets({ store: holding({ STRIPE_WEBHOOK_SECRET: 'one' }) })
  await Promise.all(Array.from({ length: 100 }, () => of()))
  expect(asked).toHaveLength(1)
})

test('a rotation is seen within five minutes, without a request that waits for it', async () => {
  const { of, clock, state } = givenSecrets({ store: holding({ STRIPE_WEBHOOK_SECRET: 'old' }) })
  expect(await of()).toEqual(['old'])
  state.store = holding({ STRIPE_WEBHOOK_SECRET: 'new' })
  await clock.advance(secretRefresh - 1)
  expect(await of()).toEqual(['old'])
  await clock.advance(1)
  expect(await of()).toEqual(['new'])
})

test.each([
  ['fails', new Error('down')],
  ['answers with something else', 'not JSON'],
])('F11: when a later load %s, what was loaded is served on', async (_name, broken) => {
  const { of, clock, state } = givenSecrets({ store: holding({ STRIPE_WEBHOOK_SECRET: 'good' }) })
  expect(await of()).toEqual(['good'])
  state.store = broken
  await clock.advance(secretRefresh * 3)
  expect(await of()).toEqual(['good'])
})

describe('F11: while nothing was ever loaded', () => {
  test('nobody knows the secrets, and the next load comes sooner than five minutes', async () => {
    const { of, clock, state, asked } = givenSecrets({ store: named('ServiceUnavailable') })
    expect(await of()).toBe('unavailable')
    state.store = holding({ STRIPE_WEBHOOK_SECRET: 'good' })
    await clock.advance(10_000)
    expect(asked).toHaveLength(2)
    expect(await of()).toEqual(['good'])
  })

  test('a store that stays down is asked ever less often, not in a tight loop', async () => {
    const { asked, clock } = givenSecrets({ store: named('ThrottlingException') })
    await clock.advance(60_000)
    expect(asked.length).toBeGreaterThan(2)
    expect(asked.length).toBeLessThan(30)
  })
})

test('B013: a provider that has no secret yet has no secrets, which is no fault of the store', async () => {
  const { of, lines } = givenSecrets({ store: named('ResourceNotFoundException') })
  expect(await of()).toEqual([])
  expect(lines).toEqual([])
})

test.each(['"whsec_leak"', 'whsec_leak', '["whsec_leak"]x', '{"STRIPE_WEBHOOK_SECRET":"whsec_leak'])(
  'a damaged secret is unavailable, and its text is in no line: %s',
  async (store) => {
    const { of, lines } = givenSecrets({ store })
    expect(await of()).toBe('unavailable')
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain('leak')
  },
)

test('a value that is no text is no secret', async () => {
  const { of } = givenSecrets({ store: holding({ STRIPE_WEBHOOK_SECRET: { a: 1 } }) })
  expect(await of()).toEqual([])
})
