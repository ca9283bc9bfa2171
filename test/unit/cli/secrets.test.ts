import { expect, test } from 'vitest'
import { givenShell, type World } from './given.ts'

const secret = 'an-invented-signing-secret'
const name = 'local sluice/local/stripe'

function givenStack(world: World = {}) {
  const shell = givenShell(world)
  shell.stackAt('http://127.0.0.1:9')
  return shell
}

test('secrets set reads standard input, drops the line end, and keeps the other names of the same secret', async () => {
  const { sluice, stored } = givenStack({ input: `${secret}\n` })
  stored.set(name, '{"STRIPE_API_KEY":"kept"}')

  const { code, out } = await sluice('secrets', 'set', 'stripe')

  expect(code).toBe(0)
  expect(JSON.parse(stored.get(name) ?? '')).toEqual({
    STRIPE_API_KEY: 'kept',
    STRIPE_WEBHOOK_SECRET: secret,
  })
  expect(out).not.toContain(secret)
})

test('--stage names a secret in AWS, and needs no stack here', async () => {
  const { sluice, stored } = givenShell({ input: secret })

  const { out } = await sluice('secrets', 'set', 'slack', '--stage', 'prod', '--json')

  expect(JSON.parse(out)).toEqual({ secret: 'sluice/prod/slack', name: 'SLACK_WEBHOOK_SECRET', store: 'aws' })
  expect([...stored]).toEqual([['aws sluice/prod/slack', JSON.stringify({ SLACK_WEBHOOK_SECRET: secret })]])
})

test('on a terminal it asks, and stores nothing when nobody answers', async () => {
  const terminal = { input: true, output: true, errors: true, columns: 80, color: false }
  const answered = givenStack({ change: { terminal, askSecret: async () => secret } })
  const refused = givenStack({ change: { terminal } })

  expect((await answered.sluice('secrets', 'set', 'stripe')).code).toBe(0)
  expect(answered.stored.get(name)).toContain(secret)
  expect((await refused.sluice('secrets', 'set', 'stripe')).code).toBe(1)
  expect(refused.stored.size).toBe(0)
})

test('two secrets of a rotation are taken together', async () => {
  const { sluice, stored } = givenStack({ input: `${secret},${secret}-older` })

  expect((await sluice('secrets', 'set', 'stripe')).code).toBe(0)
  expect(stored.get(name)).toContain(`${secret},${secret}-older`)
})

test.each([
  ['', /is empty/],
  ['\n', /is empty/],
  ['fifteen-bytes-x', /shorter than 16 bytes/],
  [`${secret} `, /white space/],
  [`${secret}\n\n`, /white space/],
  [`an invented secret`, /white space/],
  [`${secret},`, /is empty/],
  [`${secret},short`, /shorter than 16 bytes/],
])('B104: %j is refused, not shown, and nothing is stored', async (input, message) => {
  const { sluice, stored } = givenStack({ input })

  const { code, out, err } = await sluice('secrets', 'set', 'stripe')

  expect(code).toBe(1)
  expect(err).toMatch(message)
  expect(out + err).not.toContain('invented')
  expect(stored.size).toBe(0)
})

test('a secret that is no base64 is refused where the provider wants base64', async () => {
  const { sluice, stored } = givenStack({ input: 'whsec_not!base64!at!all' })

  const { code, err } = await sluice('secrets', 'set', 'standard-webhooks')

  expect([code, err]).toEqual([1, expect.stringMatching(/is no key that this provider signs with/)])
  expect(stored.size).toBe(0)
})

test('a secret is never taken from the command line', async () => {
  const { sluice, stored } = givenStack({ input: secret })

  expect((await sluice('secrets', 'set', 'stripe', secret)).code).toBe(2)
  expect(stored.size).toBe(0)
})

test('a stored secret that is no JSON object is left alone, and not quoted', async () => {
  const { sluice, stored } = givenStack({ input: secret })
  stored.set(name, 'hush-this-is-not-json')

  const { code, err } = await sluice('secrets', 'set', 'stripe')

  expect(code).toBe(1)
  expect(err).not.toContain('hush')
  expect(stored.get(name)).toBe('hush-this-is-not-json')
})

test('without a stack and a stage there is nowhere to store it', async () => {
  const { sluice } = givenShell({ input: secret })

  expect(await sluice('secrets', 'set', 'stripe')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/--stage/),
  })
})
