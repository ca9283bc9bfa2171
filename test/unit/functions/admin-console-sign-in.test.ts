import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Exchanged } from '#lib/access/issuer.ts'
import { admin as limits } from '#lib/admin/limits.ts'
import { signInLifetime } from '#lib/admin/sign-in.ts'
import { personLifetime } from '#lib/admin/session.ts'
import { minutes } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { givenIssuer, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

const origin = 'https://sluice.test'
const clientId = 'sluice-console'
let tables: Tables
let key: SigningKey
let clock: VirtualClock
let people: GivenIssuer
let given: GivenAdmin
let answer: () => Promise<Exchanged>
beforeAll(async () => {
  ;[tables, key] = await Promise.all([startTables(), signingKey('ES256')])
})
beforeEach(async () => {
  clock = virtualClock()
  people = givenIssuer([key], clock, { tenantsClaim: 'tenants', console: { clientId } })
  given = await givenAdmin(tables, {
    clock,
    changes: {
      people: { config: people.config, keys: people.keys, clock },
      issuer: {
        addresses: async () => ({
          authorizeUrl: 'https://login.example.com/authorize',
          endSessionUrl: 'https://login.example.com/logout',
        }),
        exchange: () => answer(),
      },
    },
  })
})
afterAll(() => tables.close())

const visit = async (path: string, cookie = '') => given.app.request(origin + path, { headers: { cookie } })
const cookieIn = (response: Response, name: string): string =>
  response.headers.getSetCookie().find((line) => line.startsWith(`${name}=`)) ?? ''
const pairOf = (line: string): string => line.split(';')[0] ?? ''

/** Begins a sign-in; the issuer will say this of the person. */
async function begin(claims: Record<string, unknown> = {}) {
  const begun = await visit('/console/sign-in')
  const asked = new URL(begun.headers.get('location') ?? '').searchParams
  const whole = { aud: clientId, nonce: asked.get('nonce'), roles: ['viewer'], tenants: ['acme'], ...claims }
  answer = async () => ({ kind: 'exchanged', idToken: await people.token(whole) })
  const line = cookieIn(begun, '__Host-sluice-sign-in')
  return { line, cookie: pairOf(line), callback: `/console/callback?code=c&state=${asked.get('state')}` }
}

describe('a sign-in by the issuer', () => {
  test('is begun with a cookie of its own, and ends in a session of this site alone', async () => {
    const { line, cookie, callback } = await begin()
    for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax', 'Max-Age=600'])
      expect(line).toContain(part)
    const response = await visit(callback, cookie)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('content="0;url=/console"')
    const session = cookieIn(response, '__Host-sluice')
    for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict', 'Max-Age=28800'])
      expect(session).toContain(part)
    expect(cookieIn(response, '__Host-sluice-sign-in')).toContain('Max-Age=0')
    expect((await visit('/console', pairOf(session))).status).toBe(200)
    await clock.advance(personLifetime)
    expect((await visit('/console', pairOf(session))).status).toBe(401)
  })

  test('is offered where the config names a client, and nowhere else', async () => {
    expect(await (await visit('/console')).text()).toContain('href="/console/sign-in"')
    const without = await givenAdmin(tables)
    const html = await (await without.app.request(`${origin}/console`)).text()
    expect(html).not.toContain('/console/sign-in')
    expect((await without.app.request(`${origin}/console/sign-in`)).headers.get('location')).toBe('/console')
  })

  test('is not begun, nor ended, by a browser that looks ahead', async () => {
    const { cookie, callback } = await begin()
    const ahead = { cookie, 'sec-purpose': 'prefetch' }
    for (const path of ['/console/sign-in', callback])
      expect((await given.app.request(origin + path, { headers: ahead })).status).toBe(204)
    expect((await given.app.request(origin + callback, { method: 'HEAD', headers: { cookie } })).status).toBe(
      204,
    )
    expect((await visit(callback, cookie)).status).toBe(200)
  })

  test.each([
    ['another nonce', { nonce: 'another' }, 403, 'id_token'],
    ['no role', { roles: [] }, 403, 'no_role'],
    [
      'more tenants than a cookie holds',
      { tenants: Array.from({ length: 100 }, (_, index) => `${index}`.padStart(63, 'a')) },
      403,
      undefined,
    ],
  ])('with %s opens no session', async (_, claims, status, reason) => {
    const { cookie, callback } = await begin(claims)
    const response = await visit(callback, cookie)
    expect(response.status).toBe(status)
    expect(cookieIn(response, '__Host-sluice')).toBe('')
    if (reason !== undefined) expect(given.lines.join()).toContain(reason)
  })

  test('that is late, replayed or from elsewhere opens no session', async () => {
    const first = await begin()
    expect((await visit(first.callback)).status).toBe(400)
    expect((await visit(`${first.callback}x`, first.cookie)).status).toBe(400)
    expect((await visit(first.callback, first.cookie)).status).toBe(200)
    expect((await visit(first.callback, first.cookie)).status).toBe(410)
    const late = await begin()
    await clock.advance(signInLifetime)
    const response = await visit(late.callback, late.cookie)
    expect(response.status).toBe(410)
    expect(cookieIn(response, '__Host-sluice')).toBe('')
  })

  test('ends with a sign-out that leads to the issuer', async () => {
    const { cookie, callback } = await begin()
    const session = pairOf(cookieIn(await visit(callback, cookie), '__Host-sluice'))
    const html = await (await visit('/console', session)).text()
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(html) ?? []
    const response = await given.app.request(`${origin}/console/logout`, {
      method: 'POST',
      headers: { cookie: session, origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ csrf }).toString(),
    })
    expect(cookieIn(response, '__Host-sluice')).toContain('Max-Age=0')
    const [, address = ''] = /content="0;url=([^"]+)"/.exec(await response.text()) ?? []
    const url = new URL(address.replaceAll('&amp;', '&'))
    expect(url.origin + url.pathname).toBe('https://login.example.com/logout')
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${origin}/console/signed-out`)
  })
})

describe('B092: tries to sign in', () => {
  const { signInsPerMinute: most } = limits

  test('are answered with 429 beyond what a minute allows, and logged without what was tried', async () => {
    const tries = await Promise.all(
      Array.from({ length: most + 40 }, async (_, index) =>
        visit(`/console/login?link=canary-link-${index}`),
      ),
    )
    const count = (status: number) => tries.filter((each) => each.status === status).length
    expect([count(400), count(429)]).toEqual([most, 40])
    const waits = tries.find(({ status }) => status === 429)
    expect(Number(waits?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await waits?.text()).toContain('Too many tries')
    const refused = given.lines.filter((line) => line.includes('was refused'))
    expect(refused).toHaveLength(most)
    expect(refused[0]).toContain('invalid_link')
    expect(given.lines.join()).not.toContain('canary')
    await clock.advance(minutes(1))
    expect((await visit('/console/login?link=x')).status).toBe(400)
  })

  test('reach the issuer no oftener than that either', async () => {
    const { cookie, callback } = await begin()
    const tries = await Promise.all(Array.from({ length: most + 5 }, async () => visit(callback, cookie)))
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(5)
  })
})
