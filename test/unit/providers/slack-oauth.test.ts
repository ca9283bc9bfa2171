import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTokens } from '#lib/oauth/token-store.ts'
import { slack } from '#lib/providers/slack.ts'
import { givenOAuth, type GivenOAuth } from '#test/fakes/given-oauth.ts'
import { givenTokens } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'slack')
})
afterAll(() => tables.close())

/** As oauth.v2.access answers with token rotation. */
const bot = {
  ok: true,
  app_id: 'A0KRD7HC3',
  access_token: 'xoxe.xoxb-1-canary',
  refresh_token: 'xoxe-1-bot-canary',
  expires_in: 43_200,
  token_type: 'bot',
  scope: 'chat:write,channels:history',
  bot_user_id: 'U0KRQLJ9H',
  team: { id: 'T9TK3CUKW', name: 'Softball' },
  enterprise: null as object | null,
  is_enterprise_install: false,
  authed_user: { id: 'U1234' } as object,
}
const user = {
  id: 'U1234',
  scope: 'search:read',
  access_token: 'xoxe.xoxp-1-canary',
  refresh_token: 'xoxe-1-user-canary',
  expires_in: 43_200,
  token_type: 'user',
}
const none = { access_token: undefined, refresh_token: undefined, token_type: undefined, scope: undefined }

const given = (answer: object) =>
  givenOAuth(tables, { provider: 'slack', answer: { id_token: undefined, ...answer } })

async function connected(worker: GivenOAuth, more?: Parameters<GivenOAuth['link']>[0]) {
  const { authorize, cookie, state } = await worker.open({ scopes: ['chat:write'], ...more })
  const query = new URLSearchParams({ code: worker.consent(authorize), state })
  const answer = await worker.get(`/oauth/slack/callback?${query.toString()}`, { cookie })
  const { connections } = await worker.connections()
  return { authorize, status: answer.status, text: await answer.text(), connections }
}

describe('connecting a workspace', () => {
  test('asks for scopes by commas, those of the user by a parameter of their own', async () => {
    const { authorize } = await connected(await given({ ...bot, authed_user: user }), {
      scopes: ['chat:write', 'channels:history', 'user:search:read', 'user:users:read'],
    })
    expect(authorize.searchParams.get('scope')).toBe('chat:write,channels:history')
    expect(authorize.searchParams.get('user_scope')).toBe('search:read,users:read')
    expect(authorize.searchParams.has('code_challenge')).toBe(false)
  })

  test('without scopes of the user sends no such parameter', async () => {
    const { authorize } = await connected(await given(bot))
    expect(authorize.searchParams.has('user_scope')).toBe(false)
  })

  test('makes one connection, of the team', async () => {
    const worker = await given(bot)
    const { connections } = await connected(worker)
    expect(connections).toMatchObject([{ account: 'T9TK3CUKW', scopes: ['chat:write', 'channels:history'] }])
    expect(connections[0] && (await openTokens(connections[0], worker.deps))).toMatchObject({
      accessToken: 'xoxe.xoxb-1-canary',
      refreshToken: 'xoxe-1-bot-canary',
      extras: { bot_user_id: 'U0KRQLJ9H' },
    })
  })

  test('with a user token makes two, each with its own tokens and lifetime', async () => {
    const worker = await given({ ...bot, authed_user: user })
    const { connections } = await connected(worker, { scopes: ['chat:write', 'user:search:read'] })
    expect(connections.map(({ account }) => account).toSorted()).toEqual(['T9TK3CUKW', 'T9TK3CUKW:U1234'])
    const own = connections.find(({ account }) => account.endsWith(':U1234'))
    expect(own).toMatchObject({ scopes: ['search:read'], state: 'active' })
    expect(own?.refreshAt).toBeDefined()
    expect(own && (await openTokens(own, worker.deps))).toEqual({
      accessToken: 'xoxe.xoxp-1-canary',
      refreshToken: 'xoxe-1-user-canary',
      tokenType: 'user',
    })
    expect(worker.lines.join()).not.toContain('canary')
  })

  test('with user scopes alone makes one, of the user', async () => {
    const { connections } = await connected(await given({ ...bot, ...none, authed_user: user }), {
      scopes: ['user:search:read'],
    })
    expect(connections).toMatchObject([{ account: 'T9TK3CUKW:U1234' }])
  })

  test('for a whole organization is of the enterprise', async () => {
    const { connections } = await connected(
      await given({
        ...bot,
        team: null,
        enterprise: { id: 'E0123', name: 'Acme' },
        is_enterprise_install: true,
      }),
    )
    expect(connections).toMatchObject([{ account: 'E0123' }])
  })

  test('of an organization, but one team alone, is of the team', async () => {
    const { connections } = await connected(await given({ ...bot, enterprise: { id: 'E0123' } }))
    expect(connections).toMatchObject([{ account: 'T9TK3CUKW' }])
  })

  test.each([
    ['no user token came', { ...bot }],
    ['the user token may do less', { ...bot, authed_user: { ...user, scope: 'users:read' } }],
  ])('is refused where %s, and every token goes back', async (_name, answer) => {
    const worker = await given(answer)
    const { connections, text } = await connected(worker, { scopes: ['chat:write', 'user:search:read'] })
    expect(text).toContain('Some access is missing')
    expect(connections).toEqual([])
    expect(worker.revoked[0]).toBe('xoxe.xoxb-1-canary')
    expect(worker.revoked).toHaveLength('access_token' in answer.authed_user ? 2 : 1)
  })

  test('again for one user is refused for another, and taken for the same', async () => {
    const account = 'T9TK3CUKW:U1234'
    const worker = await given({ ...bot, authed_user: { ...user, id: 'U9' } })
    expect((await connected(worker, { account })).connections).toEqual([])
    expect(worker.revoked).toHaveLength(2)
    const right = await connected(await given({ ...bot, authed_user: user }), { account })
    expect(right.connections).toHaveLength(2)
  })

  test.each([
    ['a user token that is none', { ...bot, authed_user: { ...user, access_token: 7 } }],
    ['a user token of no type', { ...bot, authed_user: { ...user, token_type: undefined } }],
    ['no token at all', { ...bot, ...none }],
    ['an error under 200', { ok: false, error: 'invalid_code' }],
  ])('with %s keeps nothing', async (_name, answer) => {
    const merged = 'error' in answer ? { ...none, ...answer } : answer
    const { status, connections } = await connected(await given(merged))
    expect(status).toBe(400)
    expect(connections).toEqual([])
  })
})

describe('rotation, every twelve hours', () => {
  const refreshed = {
    ok: true,
    access_token: 'next',
    refresh_token: 'xoxe-2',
    expires_in: 43_200,
    scope: 'search:read',
    team: { id: 'T9TK3CUKW', name: 'Softball' },
    enterprise: null,
    is_enterprise_install: false,
  }
  const worker = (answer: object) =>
    givenTokens(tables, 'slack', () => Response.json({ ...refreshed, ...answer }), {
      provider: 'slack',
      auth: slack.auth,
    })
  const tokensOf = (tokenType: string) => ({
    tokens: { accessToken: 'access-1', refreshToken: 'refresh-1', tokenType },
  })

  test.each([
    ['bot', 'T9TK3CUKW'],
    ['user', 'T9TK3CUKW:U1234'],
  ])('the token of the %s by its own refresh token', async (tokenType, account) => {
    const own = worker({ token_type: tokenType })
    const connection = await own.connect({ account, lifetimeSeconds: 43_200, grant: tokensOf(tokenType) })
    await own.clock.advance(43_200_000 * 0.81)
    expect(await own.get(connection)).toBe('next')
    expect(Object.fromEntries(own.asked[0] ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'c',
    })
    const stands = await own.deps.vault.get(connection.tenant, connection.id)
    expect(stands && (await openTokens(stands, own.deps)).refreshToken).toBe('xoxe-2')
  })

  test.each([
    ['the bot, for the user', 'T9TK3CUKW:U1234', 'user', { token_type: 'bot' }],
    ['another team', 'T9TK3CUKW', 'bot', { token_type: 'bot', team: { id: 'T2' } }],
    ['another team, for a user', 'T9TK3CUKW:U1234', 'user', { token_type: 'user', team: { id: 'T2' } }],
    ['another user', 'T9TK3CUKW:U1234', 'user', { token_type: 'user', authed_user: { id: 'U2' } }],
    [
      'an organization, for a team',
      'T9TK3CUKW',
      'bot',
      { token_type: 'bot', team: null, is_enterprise_install: true, enterprise: { id: 'E1' } },
    ],
  ])('B074: a token of %s is refused', async (_name, account, tokenType, answer) => {
    const own = worker(answer)
    const connection = await own.connect({ account, grant: tokensOf(tokenType) })
    expect(await own.get(connection, 'access-1')).toEqual({ kind: 'needs_reauth', cause: 'foreign_account' })
    expect(own.revoked).toEqual(['xoxe-2'])
  })

  test('a refresh token that is spent ends the connection, under 200 as it comes', async () => {
    const own = worker({ ok: false, error: 'invalid_refresh_token' })
    const connection = await own.connect({ account: 'T9TK3CUKW', grant: tokensOf('bot') })
    expect(await own.get(connection, 'access-1')).toEqual({ kind: 'needs_reauth', cause: 'revoked' })
  })
})
