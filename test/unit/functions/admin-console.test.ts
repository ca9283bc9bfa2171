import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loginLinkLifetime, mintLoginLink } from '#lib/admin/login-link.ts'
import { sessionLifetime } from '#lib/admin/session.ts'
import { seconds } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../../fakes/given-admin.ts'
import { startTables, type Tables } from '../../fakes/tables.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

let tables: Tables
let given: GivenAdmin
const origin = 'https://sluice.test'
beforeAll(async () => {
  tables = await startTables()
})
beforeEach(async () => {
  given = await givenAdmin(tables)
})
afterAll(() => tables.close())

const linkOf = ({ deps, token }: GivenAdmin): string =>
  `${origin}/console/login?link=${mintLoginLink(token, deps.clock, deps.random)}`

/** The session cookie of someone who has just signed in. */
async function signIn(to: GivenAdmin): Promise<string> {
  const { headers } = await to.app.request(linkOf(to))
  return (headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

const visit = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  given.app.request(origin + path, { method, headers })

describe('a login link', () => {
  test('opens a session that only this host gets, only over HTTPS and never from another page', async () => {
    const response = await given.app.request(linkOf(given))
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/console')
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^__Host-sluice=[\w.-]+; /)
    for (const part of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict', 'Max-Age=43200'])
      expect(cookie).toContain(part)
    expect(cookie).not.toMatch(/domain/i)
  })

  test('on this machine, over plain HTTP, the cookie has a plain name', async () => {
    const local = await givenAdmin(tables, { changes: { publicUrl: 'http://127.0.0.1:8787' } })
    const { headers } = await local.app.request(linkOf(local))
    expect(headers.get('set-cookie')).toMatch(/^sluice=[\w.-]+; (?!.*Secure)/)
  })

  test('works once, also for two at the same time', async () => {
    const link = linkOf(given)
    const answers = await Promise.all(Array.from({ length: 5 }, async () => given.app.request(link)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 410, 410, 410, 410])

    const used = await given.app.request(link)
    expect(used.headers.get('set-cookie')).toBeNull()
    expect(await used.text()).toMatch(/has been used[^]*npm start[^]*\/api\/login-links/)
  })

  test('is not used up by a browser that looks ahead, nor by HEAD', async () => {
    const link = linkOf(given)
    expect((await given.app.request(link, { headers: { 'sec-purpose': 'prefetch' } })).status).toBe(204)
    expect((await given.app.request(link, { method: 'HEAD' })).headers.get('set-cookie')).toBeNull()
    expect((await given.app.request(link)).status).toBe(303)
  })

  test('ends after an hour, and what is none is refused', async () => {
    const clock = virtualClock()
    const here = await givenAdmin(tables, { clock })
    const link = linkOf(here)
    await clock.advance(loginLinkLifetime)
    expect((await here.app.request(link)).status).toBe(410)
    for (const bad of ['', 'x', 'a.b', 'x'.repeat(5_000)])
      expect((await here.app.request(`${origin}/console/login?link=${bad}`)).status).toBe(400)
  })
})

describe('a session', () => {
  test('without one every page but the login says how to get in', async () => {
    for (const path of ['/console', '/console/dead-letters', '/console/events/x', '/console/nothing']) {
      const response = await visit(path)
      expect(response.status).toBe(401)
      expect(await response.text()).toContain('npm start')
    }
  })

  test('lasts twelve hours and not longer', async () => {
    const clock = virtualClock()
    const here = await givenAdmin(tables, { clock })
    const cookie = await signIn(here)
    const status = async () => (await here.app.request(`${origin}/console`, { headers: { cookie } })).status
    expect(await status()).toBe(200)

    await clock.advance(sessionLifetime - seconds(1))
    expect(await status()).toBe(200)
    await clock.advance(seconds(1))
    expect(await status()).toBe(401)
  })

  test('is not opened by a cookie that someone made up, nor by one of another deployment', async () => {
    const cookie = await signIn(given)
    const changed = cookie.replace(/.(?=\.)/, (last) => (last === 'A' ? 'B' : 'A'))
    for (const bad of ['__Host-sluice=', '__Host-sluice=x.y', changed, cookie.replace('__Host-', '')])
      expect((await visit('/console', { cookie: bad })).status).toBe(401)
    expect((await visit('/console', { cookie })).status).toBe(200)
  })

  test('a visit from a link on another site is asked to come again by itself', async () => {
    const response = await visit('/console', { 'sec-fetch-site': 'cross-site' })
    expect(await response.text()).toContain('<meta http-equiv="refresh" content="0;url=/console"')
    expect(await (await visit('/console')).text()).not.toContain('http-equiv')
  })
})

describe('B082: what changes something', () => {
  test.each([
    {},
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'https://sluice.test.evil.test' },
    { origin, 'sec-fetch-site': 'cross-site' },
    { origin, 'sec-fetch-site': 'same-site' },
    { referer: `${origin}/console` },
  ])('is refused with %j', async (headers) => {
    const cookie = await signIn(given)
    const id = await given.seed({ key: 'k', status: 'dead' })
    for (const path of [`/console/events/${id}/replay`, '/console/dead-letters/redrive', '/console/logout']) {
      const response = await visit(path, { cookie, ...headers }, 'POST')
      expect(response.status).toBe(403)
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect(given.queued).toEqual([])
  })

  test('is done from a page of the console', async () => {
    const cookie = await signIn(given)
    const id = await given.seed({ key: 'k' })
    const html = await (await visit(`/console/events/${id}`, { cookie })).text()
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(html) ?? []
    const response = await given.app.request(`${origin}/console/events/${id}/replay`, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ csrf }).toString(),
    })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe(`/console/events/${id}?queued=${given.queued[0]?.id}`)
  })

  test('is refused without a session, whatever the origin', async () => {
    const id = await given.seed({ key: 'k' })
    expect((await visit(`/console/events/${id}/replay`, { origin }, 'POST')).status).toBe(401)
    expect(given.queued).toEqual([])
  })

  test('is not done by GET', async () => {
    const cookie = await signIn(given)
    const id = await given.seed({ key: 'k' })
    expect((await visit(`/console/events/${id}/replay`, { cookie })).status).toBe(404)
    expect(given.queued).toEqual([])
  })
})

describe('B087: what a sender wrote', () => {
  const evil = `"><img src=x onerror=alert(1)></title></script><script>alert(1)</script>'`

  test('is text on every page it appears on', async () => {
    const cookie = await signIn(given)
    const body = JSON.stringify({ [evil]: evil })
    const id = await given.seed({ key: evil, type: evil, body, status: 'dead', reason: evil, tenant: 'acme' })
    for (const path of ['/console/events', '/console/dead-letters', `/console/events/${id}`]) {
      const html = await (await visit(path, { cookie })).text()
      expect(html).toContain('onerror=alert(1)')
      expect(html).not.toContain('<img src=x')
      expect(html.match(/<script/g)).toHaveLength(1)
    }
  })

  test('in the address is text as well', async () => {
    const cookie = await signIn(given)
    const query = encodeURIComponent(evil)
    for (const path of [
      `/console?within=${query}`,
      `/console/events?tenant=${query}&status=${query}&provider=${query}&type=${query}&since=${query}&within=${query}`,
      `/console/connections?tenant=${query}&state=${query}&did=${query}&refused=${query}`,
      `/console/polls/${query}?did=${query}`,
      `/console/dead-letters?reason=${query}&redriven=${query}&refused=${query}`,
      `/console/events/${query}?queued=${query}&refused=${query}`,
    ]) {
      const html = await (await visit(path, { cookie })).text()
      expect(html).not.toContain('<img src=x')
      expect(html.match(/<script/g)).toHaveLength(1)
    }
  })

  test("has no script to run in: the policy allows none but the console's own file", async () => {
    const { headers } = await visit('/console')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('same-origin')
  })
})

describe('the pages', () => {
  test('load nothing but what is named by its content and may be kept for ever', async () => {
    const html = await (await visit('/console', { cookie: await signIn(given) })).text()
    const addresses = [...html.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(
      ([, path]) => path ?? '',
    )
    expect(new Set(addresses).size).toBe(3)
    for (const address of addresses) {
      const asset = await visit(address)
      expect(asset.status).toBe(200)
      expect(asset.headers.get('cache-control')).toContain('immutable')
    }
    expect(html).not.toMatch(/ style=|<style| on\w+=/)
  })

  test('are not kept themselves', async () => {
    expect((await visit('/console')).headers.get('cache-control')).toBe('no-store')
  })

  test('say what there is to see older events, and go on from there', async () => {
    const cookie = await signIn(given)
    for (let index = 0; index < 110; index += 1)
      await given.seed({ key: `k${index}`, type: `type.${index}`, age: index })
    const first = await (await visit('/console/events?within=7d', { cookie })).text()
    const older = /<a href="([^"]+)">Older events/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const second = await (await visit(older, { cookie })).text()
    expect(first).toContain('type.99<')
    expect(first).not.toContain('type.100<')
    expect(second).toContain('type.109<')
    expect(second).not.toContain('Older events')
  })

  test('an event without a record says that it may still come', async () => {
    const response = await visit(`/console/events/evt_${'x'.repeat(32)}`, { cookie: await signIn(given) })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('looks again by itself')
  })
})
