import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OAuthClient } from '#lib/oauth/client.ts'
import { openTokens } from '#lib/oauth/token-store.ts'
import { github } from '#lib/providers/github.ts'
import { quickbooks } from '#lib/providers/quickbooks.ts'
import { sandbox } from '#lib/providers/sandbox.ts'
import { slack } from '#lib/providers/slack.ts'
import { stripe } from '#lib/providers/stripe.ts'
import { givenTokens, type Answer, type GivenTokens } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'foreign')
})
afterAll(() => tables.close())

const given = (answer: Answer, as: Partial<OAuthClient> = {}) => givenTokens(tables, 'foreign', answer, as)
const idTokenOf = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`
const fresh = {
  access_token: 'access-2',
  refresh_token: 'refresh-2',
  token_type: 'Bearer',
  expires_in: 1_000,
}

/** What must be so after tokens of another account have come. */
async function refused(worker: GivenTokens, connection: Awaited<ReturnType<GivenTokens['connect']>>) {
  expect(await worker.get(connection, 'access-1')).toEqual({
    kind: 'needs_reauth',
    cause: 'foreign_account',
  })
  expect(worker.counted).toContain('ForeignAccount')
  expect(worker.announced).toEqual([{ type: 'connection.needs_reauth', id: connection.id }])
  const stands = await worker.deps.vault.get(connection.tenant, connection.id)
  expect(stands).toMatchObject({ state: 'needs_reauth', cause: 'foreign_account' })
  if (stands) expect((await openTokens(stands, worker.deps)).accessToken).toBe('access-1')
}

async function taken(worker: GivenTokens, connection: Awaited<ReturnType<GivenTokens['connect']>>) {
  expect(await worker.get(connection, 'access-1')).toBe('access-2')
  expect(worker.counted).not.toContain('ForeignAccount')
  expect(worker.revoked).toEqual([])
}

describe('B074: a refresh that brings tokens of another account', () => {
  test('by its ID token: they are given back, not kept, and the user is needed', async () => {
    const worker = given(() => Response.json({ ...fresh, id_token: idTokenOf({ sub: 'mallory' }) }))
    await refused(worker, await worker.connect())
    expect(worker.revoked).toEqual(['refresh-2'])
    expect(worker.lines.join()).not.toMatch(/access-2|refresh-2/)
  })

  test('by a value of the answer', async () => {
    const worker = given(() => Response.json({ ...fresh, stripe_user_id: 'acct_2' }), {
      provider: 'stripe',
      auth: stripe.auth,
    })
    await refused(worker, await worker.connect({ account: 'acct_1' }))
  })

  test('is given back without the account that it is not for', async () => {
    const whose: unknown[] = []
    const worker = given(() => Response.json({ ...fresh, stripe_user_id: 'acct_2' }), {
      provider: 'stripe',
      auth: stripe.auth,
    })
    Object.assign(worker.deps, { revoke: async (of: unknown) => void whose.push(of) })
    const connection = await worker.connect({ account: 'acct_1' })
    await worker.get(connection, 'access-1')
    // Stripe ends the grant of the account that is named: it must not be our own.
    expect(whose).toEqual([{ provider: 'stripe' }])
  })

  test('by the subject of an ID token, where the account is not in it', async () => {
    const worker = given(() => Response.json({ ...fresh, id_token: idTokenOf({ sub: 'another' }) }), {
      provider: 'quickbooks',
      auth: quickbooks.auth,
    })
    const tokens = {
      accessToken: 'access-1',
      refreshToken: 'refresh-1',
      tokenType: 'Bearer',
      subject: 'someone',
    }
    await refused(worker, await worker.connect({ account: '9130', grant: { tokens } }))
  })
})

describe('B074: an account that only an address of the provider says', () => {
  const asking = (user: Answer, brought: object = fresh) =>
    given(
      (call, body, asked) => (asked.method === 'GET' ? user(call, body, asked) : Response.json(brought)),
      {
        provider: 'github',
        auth: github.auth,
      },
    )

  test('is asked for with the new token, when there is a new refresh token', async () => {
    const worker = asking(() => Response.json({ id: 583231 }))
    await taken(worker, await worker.connect({ account: '583231' }))
    expect(worker.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST https://github.com/login/oauth/access_token',
      'GET https://api.github.com/user',
    ])
    expect(worker.requests[1]?.headers.get('authorization')).toBe('Bearer access-2')
  })

  test('and is another: refused', async () => {
    const worker = asking(() => Response.json({ id: 1 }))
    await refused(worker, await worker.connect({ account: '583231' }))
    expect(worker.revoked).toEqual(['refresh-2'])
  })

  test.each<[string, Answer]>([
    ['is away', () => new Response('', { status: 503 })],
    ['says nothing', () => Response.json({})],
    ['can not be reached', () => Promise.reject(new Error('network'))],
  ])('at an address that %s: the tokens that came are not lost for it', async (_name, answer) => {
    const worker = asking(answer)
    await taken(worker, await worker.connect({ account: '583231' }))
  })

  test('at an address that does not answer: after three seconds they are kept', async () => {
    const worker = asking(() => new Promise<never>(() => {}))
    const connection = await worker.connect({ account: '583231' })
    const pending = worker.get(connection, 'access-1')
    let done = false
    void pending.then(() => (done = true))
    const before = worker.clock.now()
    while (!done) await worker.clock.next()
    expect(await pending).toBe('access-2')
    expect(worker.clock.now() - before).toBeLessThanOrEqual(3_000)
  })

  test('is not asked for when the refresh token is the old one', async () => {
    const worker = asking(() => Response.json({ id: 1 }), { ...fresh, refresh_token: 'refresh-1' })
    await taken(worker, await worker.connect({ account: '583231' }))
    expect(worker.requests).toHaveLength(1)
  })
})

describe('an answer that says nothing of its account', () => {
  test.each([
    ['without an ID token', sandbox.auth, 'alice', {}],
    ['whose ID token is unreadable', sandbox.auth, 'alice', { id_token: 'h.e30.s' }],
    ['of QuickBooks', quickbooks.auth, '9130', {}],
    ['of Slack, for an organization', slack.auth, 'E1', { token_type: 'bot', team: null }],
  ] as const)('%s is believed', async (_name, auth, account, more) => {
    const worker = given(() => Response.json({ ...fresh, ...more }), { auth })
    const tokenType = 'token_type' in more ? 'bot' : 'Bearer'
    const tokens = { accessToken: 'access-1', refreshToken: 'refresh-1', tokenType }
    await taken(worker, await worker.connect({ account, grant: { tokens } }))
  })
})
