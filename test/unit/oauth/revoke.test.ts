import { describe, expect, test } from 'vitest'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import { revoker, type Revoked } from '#lib/oauth/revoke.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { shout } from '#lib/config/names.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const tokens = { accessToken: 'access-canary', tokenType: 'Bearer', refreshToken: 'refresh-canary' }

async function revoked(whose: Revoked, answer: () => Response | Promise<never> = () => new Response('')) {
  const requests: Request[] = []
  const lines: string[] = []
  const clock = virtualClock()
  const name = shout(whose.provider)
  const stored = { [`${name}_CLIENT_ID`]: 'a:b c', [`${name}_CLIENT_SECRET`]: 'p+%' }
  const clients = secretsManagerClients({
    client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
    stage: 'dev',
    authOf: connectGrantOf,
    fromEnvironment: () => undefined,
    clock,
  })
  const revoke = revoker({
    clients,
    clock,
    random: seededRandom(1),
    log: (_level, message, fields) => void lines.push(`${message} ${JSON.stringify(fields)}`),
    fetch: async (url, init) => (requests.push(new Request(url, init)), answer()),
  })
  await revoke(whose, tokens)
  const [request] = requests
  expect(lines.join()).not.toContain('canary')
  return {
    lines,
    asked: requests.length,
    line: `${request?.method} ${request?.url}`,
    authorization: request?.headers.get('authorization'),
    body: (await request?.text()) ?? '',
  }
}

describe('tokens are given back', () => {
  test('by RFC 7009: the refresh token, and the client as the token endpoint knows it', async () => {
    const { line, authorization, body } = await revoked({ provider: 'quickbooks' })
    expect(line).toBe('POST https://developer.api.intuit.com/v2/oauth2/tokens/revoke')
    expect(authorization).toBe(`Basic ${Buffer.from('a%3Ab+c:p%2B%25').toString('base64')}`)
    expect(body).toBe('token=refresh-canary')
  })

  test('to Slack: the access token and nothing else', async () => {
    const { line, authorization, body } = await revoked({ provider: 'slack', account: 'T1' })
    expect(line).toBe('POST https://slack.com/api/auth.revoke')
    expect(authorization).toBeNull()
    expect(body).toBe('token=access-canary')
  })

  test('to GitHub: by DELETE, as JSON', async () => {
    const { line, authorization, body } = await revoked({ provider: 'github' })
    expect(line).toBe('DELETE https://api.github.com/applications/a:b%20c/token')
    expect(authorization).toMatch(/^Basic /)
    expect(JSON.parse(body)).toEqual({ access_token: 'access-canary' })
  })

  test('to Stripe: by the account, under our own key', async () => {
    const { line, authorization, body } = await revoked({ provider: 'stripe', account: 'acct_1' })
    expect(line).toBe('POST https://connect.stripe.com/oauth/deauthorize')
    expect(authorization).toBe('Bearer p+%')
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      client_id: 'a:b c',
      stripe_user_id: 'acct_1',
    })
  })

  test('not to Stripe when the account is not known to be this tenant’s', async () => {
    expect((await revoked({ provider: 'stripe' })).asked).toBe(0)
  })

  test.each([
    ['refuses', () => new Response('', { status: 400 })],
    ['says no under 200', () => Response.json({ ok: false, error: 'invalid_auth' })],
    ['does not answer', () => Promise.reject(new Error('access-canary'))],
  ])('and a provider that %s is said', async (_name, answer) => {
    const { lines } = await revoked({ provider: 'slack' }, answer)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('a provider did not take tokens back')
  })

  test('and one that takes them is not', async () => {
    expect((await revoked({ provider: 'slack' }, () => Response.json({ ok: true }))).lines).toEqual([])
  })
})
