import { describe, expect, test } from 'vitest'
import { httpsSite } from '#lib/webhooks/sender-site.https.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const url = 'https://keys.example.com/a'
type Reply = (url: string, init: RequestInit) => Response | Promise<Response>

function given(reply: Reply = () => new Response('keys')) {
  const clock = virtualClock()
  const asked: string[] = []
  const lines: string[] = []
  const fetch = (async (input: string, init: RequestInit) => {
    asked.push(input)
    return reply(input, init)
  }) as typeof globalThis.fetch
  const site = httpsSite({ fetch, clock, log: (_level, message) => void lines.push(message) })
  return { clock, asked, lines, site }
}

const found = (text: string) => ({ kind: 'found', text })
const minute = 60_000

describe("a sender's document", () => {
  test('is asked for once, however many want it at a time and for six hours', async () => {
    const { site, asked, clock } = given()
    expect(await Promise.all([site.document(url), site.document(url)])).toEqual([
      found('keys'),
      found('keys'),
    ])
    await clock.advance(6 * 60 * minute - 1)
    await site.document(url)
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    await site.document(url)
    expect(asked).toHaveLength(2)
  })

  test('that did not help is asked for again no sooner than after a minute', async () => {
    const { site, asked, clock } = given()
    await site.document(url)
    await site.newerDocument(url)
    expect(asked).toHaveLength(1)
    await clock.advance(minute)
    await site.newerDocument(url)
    expect(asked).toHaveLength(2)
  })

  test.each([404, 403])('that is not there (%i) is remembered as that', async (status) => {
    const { site, asked } = given(() => new Response('', { status }))
    expect(await site.document(url)).toEqual({ kind: 'absent' })
    await site.document(url)
    expect(asked).toHaveLength(1)
  })

  test('is served as it was while its site is away', async () => {
    let isDown = false
    const { site, clock } = given(() => {
      if (isDown) throw new TypeError('fetch failed')
      return new Response('keys')
    })
    await site.document(url)
    isDown = true
    await clock.advance(7 * 60 * minute)
    expect(await site.document(url)).toEqual(found('keys'))
    expect(await site.newerDocument(url)).toEqual(found('keys'))
  })

  test.each<readonly [string, Reply]>([
    ['fails', () => Promise.reject(new TypeError('fetch failed'))],
    ['answers 500', () => new Response('', { status: 500 })],
    ['answers more than 64 KB', () => new Response(new Uint8Array(65_537))],
    ['breaks off', () => new Response(new ReadableStream({ pull: (it) => it.error(new Error('reset')) }))],
  ])('can not be had when its site %s, and that is not remembered', async (_name, reply) => {
    const { site, asked, lines } = given(reply)
    expect(await site.document(url)).toEqual({ kind: 'unavailable' })
    expect(await site.document(url)).toEqual({ kind: 'unavailable' })
    expect(asked).toHaveLength(2)
    expect(lines).toHaveLength(2)
  })

  test('of 64 KB is taken, and redirects are left to the sender', async () => {
    const { site } = given((_url, { redirect }) => {
      expect(redirect).toBe('error')
      return new Response('x'.repeat(65_536))
    })
    expect(await site.document(url)).toEqual(found('x'.repeat(65_536)))
  })

  test.each<readonly [string, Reply]>([
    ['never answers', () => new Promise<Response>(() => {})],
    ['never ends', () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))],
  ])('is given a second when its site %s', async (_name, reply) => {
    const { site, clock } = given(reply)
    const pending = site.document(url)
    const startedAt = clock.now()
    while (await clock.next());
    expect(await pending).toEqual({ kind: 'unavailable' })
    expect(clock.now() - startedAt).toBe(1_000)
  })

  test('leaves no timer behind', async () => {
    const { site, clock } = given()
    await site.document(url)
    expect(await clock.next()).toBe(false)
  })
})

describe('what strangers name', () => {
  test('makes thirty requests a minute and no more; what is remembered is served on', async () => {
    const { site, asked, clock } = given()
    await site.document(url)
    for (let i = 0; i < 100; i += 1) await site.document(`${url}/${i}`)
    expect(asked).toHaveLength(30)
    expect(await site.document(`${url}/99`)).toEqual({ kind: 'unavailable' })
    expect(await site.visit(url)).toBe(false)
    await clock.advance(minute)
    expect(await site.document(`${url}/99`)).toEqual(found('keys'))
  })

  test('makes the memory hold the last thirty-two and no more', async () => {
    const { site, asked, clock } = given()
    for (let i = 0; i < 33; i += 1) {
      if (i === 30) await clock.advance(minute)
      await site.document(`${url}/${i}`)
    }
    expect(asked).toHaveLength(33)
    await site.document(`${url}/1`)
    expect(asked).toHaveLength(33)
    await site.document(`${url}/0`)
    expect(asked).toHaveLength(34)
  })
})

describe('a visit', () => {
  test('is one request each time, and says whether it succeeded', async () => {
    let status = 200
    const { site, asked } = given(() => new Response('<xml/>', { status }))
    expect(await site.visit(url)).toBe(true)
    status = 503
    expect(await site.visit(url)).toBe(false)
    status = 404
    expect(await site.visit(url)).toBe(false)
    expect(asked).toEqual([url, url, url])
  })
})
