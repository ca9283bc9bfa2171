import { describe, expect, test } from 'vitest'
import { sendFollowing, type RedirectOptions } from '#lib/outbound/redirects.ts'
import type { OutgoingRequest, Send } from '#lib/outbound/transport.ts'

type Hop = readonly [status: number, location: string]

/** A network whose answers are these, then 200. */
function network(...hops: readonly Hop[]) {
  const seen: { url: string; method: string; headers: Headers; body: unknown; trusted: boolean }[] = []
  const send: Send = async ({ url, method, headers, body }, { trusted = false }) => {
    const hop = hops[seen.length]
    seen.push({ url: url.href, method, headers, body, trusted })
    return hop ? new Response('', { status: hop[0], headers: { location: hop[1] } }) : new Response('end')
  }
  return { seen, send }
}

function follow(request: Partial<OutgoingRequest>, send: Send, options: Partial<RedirectOptions> = {}) {
  return sendFollowing(
    { method: 'GET', url: new URL('https://api.example/a'), headers: new Headers(), ...request },
    { signal: new AbortController().signal, maxBodyBytes: 1_000, redirect: 'follow', ...options },
    send,
  )
}

describe('a redirect', () => {
  test('is followed, relative to where it came from', async () => {
    const { seen, send } = network([302, '/b?c=1'], [307, 'd'])
    expect(await (await follow({}, send)).text()).toBe('end')
    expect(seen.map(({ url }) => url)).toEqual([
      'https://api.example/a',
      'https://api.example/b?c=1',
      'https://api.example/d',
    ])
  })

  test('is seen by the address of the answer, which shows no credentials', async () => {
    const { send } = network([302, '/b?c=1&key=k'])
    const { url, redirected } = await follow({}, send, { credentialQuery: ['key'] })
    expect([url, redirected]).toEqual(['https://api.example/b?c=1', true])
    expect((await follow({}, network().send)).redirected).toBe(false)
  })

  test('B099: is followed three times and not a fourth', async () => {
    const { seen, send } = network([302, '/1'], [302, '/2'], [302, '/3'], [302, '/4'])
    await expect(follow({}, send)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(seen).toHaveLength(4)
  })

  test('B099: to another origin goes without credentials and without trust, and stays so on the way back', async () => {
    const { seen, send } = network([302, 'https://other.example/b'], [302, 'https://api.example/c'])
    const headers = new Headers({ authorization: 'Bearer t', cookie: 'c', 'x-api-key': 'k', accept: 'a' })
    await follow({ headers }, send, { trusted: true, credentialHeaders: new Set(['x-api-key']) })
    expect(seen.map((each) => Object.fromEntries(each.headers))).toEqual([
      { authorization: 'Bearer t', cookie: 'c', 'x-api-key': 'k', accept: 'a' },
      { accept: 'a' },
      { accept: 'a' },
    ])
    expect(seen.map(({ trusted }) => trusted)).toEqual([true, false, false])
  })

  test('another port is another origin', async () => {
    const { seen, send } = network([302, 'https://api.example:8443/b'])
    await follow({ headers: new Headers({ authorization: 'Bearer t' }) }, send)
    expect(seen[1]?.headers.has('authorization')).toBe(false)
  })

  test.each([
    [303, 'PUT', 'GET', false],
    [303, 'HEAD', 'HEAD', false],
    [302, 'POST', 'GET', false],
    [301, 'POST', 'GET', false],
    [307, 'POST', 'POST', true],
    [308, 'PUT', 'PUT', true],
  ])('%i after %s becomes %s', async (status, method, next, keepsBody) => {
    const { seen, send } = network([status, '/b'])
    const headers = new Headers({ 'content-type': 'text/plain' })
    const body = method === 'HEAD' ? undefined : Buffer.from('x')
    await follow({ method, headers, body }, send)
    expect(seen[1]?.method).toBe(next)
    expect(seen[1]?.body !== undefined).toBe(keepsBody)
  })

  test('takes no body to another origin', async () => {
    const { seen, send } = network([307, 'https://other.example/'])
    const posting = follow({ method: 'POST', body: Buffer.from('x') }, send)
    await expect(posting).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(seen).toHaveLength(1)
  })

  test('is handed over as it is, or refused, where that is asked for', async () => {
    const manual = network([302, '/b'])
    expect((await follow({}, manual.send, { redirect: 'manual' })).status).toBe(302)
    const refused = follow({}, network([302, '/b']).send, { redirect: 'error' })
    await expect(refused).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
  })

  test('to what is no address is refused; without a location it is an answer', async () => {
    await expect(follow({}, network([302, 'https://']).send)).rejects.toMatchObject({
      code: 'ADDRESS_REFUSED',
    })
    const send: Send = async () => new Response(null, { status: 302 })
    expect((await follow({}, send)).status).toBe(302)
  })
})
