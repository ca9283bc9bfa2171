import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gatewayHandler } from '#lib/http/gateway.ts'
import { gatewayEvent } from '#test/fakes/given-webhook.ts'

/** The handler of an application that remembers its request and answers as told. */
function given(answer: () => Response = () => new Response(null)) {
  const seen: { request: Request; requestId: string; body: Uint8Array }[] = []
  const handler = gatewayHandler(async (request, { requestId }) => {
    seen.push({ request, requestId, body: await request.bytes() })
    return answer()
  })
  return { seen, handler }
}

test('B026: any bytes reach the application as they were sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (body) => {
      const { seen, handler } = given()
      await handler(gatewayEvent({ path: '/', body }))
      expect(Buffer.from(seen[0]?.body ?? []).equals(Buffer.from(body))).toBe(true)
    }),
  )
})

test('text that is not base64 reaches it as UTF-8', async () => {
  const { seen, handler } = given()
  await handler(gatewayEvent({ path: '/', body: '\ufeffZ\u00fcrich' }))
  expect(Buffer.from(seen[0]?.body ?? []).toString('utf8')).toBe('\ufeffZ\u00fcrich')
})

test('method, path, query, headers and cookies are those of the event', async () => {
  const { seen, handler } = given()
  const event = gatewayEvent({
    path: '/a/b%20c',
    query: 'x=1&x=2',
    method: 'PUT',
    headers: { A: 'b' },
    body: '',
  })
  await handler({ ...event, cookies: ['a=1', 'b=2'] })
  const [{ request, requestId } = { request: undefined, requestId: '' }] = seen
  expect(request?.method).toBe('PUT')
  expect(request?.url).toBe('https://gateway.test/a/b%20c?x=1&x=2')
  expect(request?.headers.get('a')).toBe('b')
  expect(request?.headers.get('cookie')).toBe('a=1; b=2')
  expect(requestId).toBe('request-1')
})

test.each(['GET', 'HEAD'])(
  'a body that %s brings is left out, as HTTP has no place for it',
  async (method) => {
    const { seen, handler } = given()
    const result = await handler(gatewayEvent({ path: '/', method, body: 'text' }))
    expect(result.statusCode).toBe(200)
    expect(seen[0]?.body).toHaveLength(0)
  },
)

test.each(['/a/../b', '//a', '/a//b', '/%2e%2e/b', '/a b', '/a\\b', '/a#b', ''])(
  'B015, B045: the path %j, which means another one, is 404 before any route',
  async (path) => {
    const { seen, handler } = given()
    const result = await handler(gatewayEvent({ path, body: 'x' }))
    expect(result).toMatchObject({ statusCode: 404 })
    expect(seen).toEqual([])
  },
)

describe('the answer', () => {
  test('keeps status, headers and text', async () => {
    const { handler } = given(() => new Response('hello', { status: 418, headers: { 'x-a': 'b' } }))
    expect(await handler(gatewayEvent({ path: '/' }))).toEqual({
      statusCode: 418,
      headers: { 'x-a': 'b', 'content-type': 'text/plain;charset=UTF-8' },
      body: 'hello',
      isBase64Encoded: false,
    })
  })

  test('hands cookies on one by one', async () => {
    const headers = new Headers()
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2')
    const { handler } = given(() => new Response(null, { headers }))
    const result = await handler(gatewayEvent({ path: '/' }))
    expect(result.cookies).toEqual(['a=1; Path=/', 'b=2'])
    expect(result.headers).toEqual({})
  })
})
