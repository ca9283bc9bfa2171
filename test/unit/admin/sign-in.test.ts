import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CodeAnswer, Exchanged } from '#lib/access/issuer.ts'
import { beginSignIn, finishSignIn, signInLifetime, type SignInDeps } from '#lib/admin/sign-in.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { givenIssuer, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

const clientId = 'sluice-console'
const { signal } = new AbortController()
let key: SigningKey
let stranger: SigningKey
let clock: VirtualClock
let people: GivenIssuer
let deps: SignInDeps
let exchanges: CodeAnswer[]
let answer: () => Promise<Exchanged>

beforeAll(async () => {
  ;[key, stranger] = await Promise.all([signingKey('ES256'), signingKey('ES256')])
})
beforeEach(() => {
  clock = virtualClock()
  people = givenIssuer([key], clock, { tenantsClaim: 'tenants', console: { clientId } })
  exchanges = []
  const used = new Set<string>()
  deps = {
    people: { config: people.config, keys: people.keys, clock },
    issuer: {
      addresses: async () => ({
        authorizeUrl: 'https://login.example.com/authorize?p=web',
        endSessionUrl: undefined,
      }),
      exchange: async (asked) => {
        exchanges.push(asked)
        return answer()
      },
    },
    usedLinks: {
      use: async ({ id }) => {
        const first = !used.has(id)
        used.add(id)
        return first ? 'first' : 'used'
      },
    },
    token: new Secret('the-admin-token'),
    clock,
    random: seededRandom(7),
    redirectUri: 'https://sluice.test/console/callback',
  }
})

/** Begins a sign-in, and has the issuer answer with this ID token. */
async function begun(claims: Record<string, unknown> = {}, signer: SigningKey = key) {
  const begin = await beginSignIn(deps)
  if (!begin) throw new Error('not begun')
  const asked = new URL(begin.url).searchParams
  const nonce = asked.get('nonce')
  const whole = { aud: clientId, nonce, roles: ['operator'], tenants: ['acme'], ...claims }
  answer = async () => ({ kind: 'exchanged', idToken: await people.token(whole, {}, signer) })
  return { ...begin, asked, state: asked.get('state') ?? '' }
}
const back = (state: string, cookie: string) =>
  finishSignIn(new URLSearchParams({ code: 'the-code', state }), cookie, signal, deps)

test('a person is sent to the issuer with state, nonce and PKCE, and comes back with role and tenants', async () => {
  const { url, asked, cookie, state } = await begun()
  expect(url).toContain('https://login.example.com/authorize?p=web&response_type=code')
  expect(Object.fromEntries(asked)).toMatchObject({
    client_id: clientId,
    redirect_uri: 'https://sluice.test/console/callback',
    scope: 'openid',
    code_challenge_method: 'S256',
  })

  expect(await back(state, cookie)).toEqual({
    kind: 'signed_in',
    subject: 'ada',
    caller: { role: 'operator', tenants: ['acme'], actor: 'person:ada' },
  })
  expect(
    createHash('sha256')
      .update(exchanges[0]?.verifier ?? '')
      .digest('base64url'),
  ).toBe(asked.get('code_challenge'))
})

test('the cookie tells neither state, nonce nor verifier', async () => {
  const { cookie, asked, state } = await begun()
  await back(state, cookie)
  const text = cookie + Buffer.from(cookie.split('.')[0] ?? '', 'base64url').toString()
  for (const secret of [state, asked.get('nonce') ?? '', exchanges[0]?.verifier ?? ''])
    expect(text).not.toContain(secret)
})

describe('what comes back is refused', () => {
  test('in another browser, without a cookie, and with a state that is not its own', async () => {
    const [mine, theirs] = [await begun(), await begun()]
    expect(await back(mine.state, theirs.cookie)).toEqual({ kind: 'unknown' })
    expect(await back(mine.state, '')).toEqual({ kind: 'unknown' })
    expect(await back(mine.state, `${mine.cookie.slice(0, -2)}xx`)).toEqual({ kind: 'unknown' })
    for (const state of ['', 'x', `${mine.state}x`])
      expect(await back(state, mine.cookie)).toEqual({ kind: 'unknown' })
    const twice = new URLSearchParams([
      ['state', mine.state],
      ['state', mine.state],
    ])
    expect(await finishSignIn(twice, mine.cookie, signal, deps)).toEqual({ kind: 'unknown' })
    expect(exchanges).toEqual([])
  })

  test('a second time, also when both come at once: the code goes to the issuer once', async () => {
    const { state, cookie } = await begun()
    const both = await Promise.all([back(state, cookie), back(state, cookie)])
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['signed_in', 'used'])
    expect(await back(state, cookie)).toEqual({ kind: 'used' })
    expect(exchanges).toHaveLength(1)
  })

  test('after ten minutes', async () => {
    const { state, cookie } = await begun()
    await clock.advance(signInLifetime)
    expect(await back(state, cookie)).toEqual({ kind: 'expired' })
    expect(exchanges).toEqual([])
  })

  test.each([
    ['the nonce of another sign-in', { nonce: 'another' }],
    ['no nonce', { nonce: undefined }],
    ['another audience', { aud: 'another' }],
    ['two audiences and no party', { aud: [clientId, 'another'] }],
    ['another party', { azp: 'another' }],
    ['another issuer', { iss: 'https://evil.example.com/' }],
    ['an end that has passed', { exp: 1 }],
    ['no end', { exp: undefined }],
    ['no subject', { sub: undefined }],
    ['a subject that is no text', { sub: 'a\nb' }],
  ])('with an ID token of %s', async (_, claims) => {
    const { state, cookie } = await begun(claims)
    expect(await back(state, cookie)).toEqual({ kind: 'refused', why: 'id_token' })
  })

  test('with an ID token that a stranger signed, or nobody', async () => {
    const forged = await begun({}, stranger)
    expect(await back(forged.state, forged.cookie)).toEqual({ kind: 'refused', why: 'id_token' })
    const { state, cookie } = await begun()
    const body = Buffer.from(JSON.stringify({ sub: 'ada' })).toString('base64url')
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    answer = async () => ({ kind: 'exchanged', idToken: `${none}.${body}.` })
    expect(await back(state, cookie)).toEqual({ kind: 'refused', why: 'id_token' })
  })

  test('for a person without a role, and tenants come only from their claim', async () => {
    const nobody = await begun({ roles: ['owner'] })
    expect(await back(nobody.state, nobody.cookie)).toEqual({ kind: 'no_role' })
    const none = await begun({ tenants: undefined })
    expect(await back(none.state, none.cookie)).toMatchObject({ caller: { tenants: [] } })
  })

  test('while the issuer, or its keys, can not be had', async () => {
    people.published.clear()
    const { state, cookie } = await begun()
    expect(await back(state, cookie)).toEqual({ kind: 'unavailable' })
    const away = { ...deps, issuer: { ...deps.issuer, addresses: async () => undefined } }
    expect(await beginSignIn(away)).toBeUndefined()
  })
})
