import { createServer, type Server } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FunctionPool } from '#infra/local/functions/pool.ts'
import { openDoor } from '#infra/local/http/door.ts'
import { gateway } from '#infra/local/http/gateway.ts'
import { router } from '#infra/local/http/routes.ts'
import { listen } from '#infra/local/services/aws-json.ts'

describe('routes', () => {
  const find = router(
    [
      'POST /webhooks/{provider}',
      'ANY /webhooks/{provider}',
      'ANY /api/{proxy+}',
      'GET /api/me',
      '$default',
    ].map((key) => ({ key, target: key })),
  )
  test.each([
    ['POST', '/webhooks/stripe', 'POST /webhooks/{provider}', { provider: 'stripe' }],
    ['GET', '/webhooks/stripe', 'ANY /webhooks/{provider}', { provider: 'stripe' }],
    ['GET', '/api/me', 'GET /api/me', {}],
    ['POST', '/api/me', 'ANY /api/{proxy+}', { proxy: 'me' }],
    ['GET', '/api/a/b%20c', 'ANY /api/{proxy+}', { proxy: 'a/b c' }],
    ['GET', '/webhooks/a/b', '$default', {}],
    ['GET', '/api', '$default', {}],
  ])('%s %s goes to %s', (method, path, key, parameters) =>
    expect(find(method, path)).toMatchObject({ key, parameters }),
  )
  test('what no route is for is found by none', () =>
    expect(router([{ key: 'GET /a.b', target: 0 }])('GET', '/aXb')).toBeUndefined())
})

describe('the gateway', () => {
  let server: Server
  let url: string
  const events: APIGatewayProxyEventV2[] = []
  let reply: unknown = { statusCode: 200 }
  const target: FunctionPool = {
    invoke: async (event) => {
      events.push(event as APIGatewayProxyEventV2)
      return { kind: 'returned', value: reply }
    },
    warm: () => {},
    stop: async () => {},
  }
  beforeEach(async () => {
    events.length = 0
    reply = { statusCode: 200 }
    server = createServer(gateway([{ key: 'ANY /hook/{name}', target }]))
    url = (await listen(server)).url
  })
  afterEach(() => server.close())
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${url}/hook/a%2Fb?x=1&x=2&y=`, { method: 'POST', headers, body })

  test('tells a function everything of a request, as payload 2.0 does', async () => {
    await post('{"a":1}', { 'Content-Type': 'application/json', Cookie: 'a=1; b=2', 'X-Two': 'one' })
    expect(events[0]).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /hook/{name}',
      rawPath: '/hook/a%2Fb',
      rawQueryString: 'x=1&x=2&y=',
      queryStringParameters: { x: '1,2', y: '' },
      pathParameters: { name: 'a/b' },
      cookies: ['a=1', 'b=2'],
      headers: { 'content-type': 'application/json', 'x-two': 'one' },
      body: '{"a":1}',
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/hook/a%2Fb' } },
    })
    expect(events[0]?.headers).not.toHaveProperty('cookie')
  })

  test.each([
    ['other than text', 'application/octet-stream', Buffer.from('plain')],
    ['called text but not UTF-8', 'application/json', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ])('a body %s is base64, byte for byte', async (_, type, body) => {
    await post(body, { 'content-type': type })
    expect(events[0]?.isBase64Encoded).toBe(true)
    expect(Buffer.from(events[0]?.body ?? '', 'base64')).toEqual(body)
  })

  test('a request over the 6 MB of a function gets 413, and starts none', async () => {
    const response = await post(new Uint8Array(5 * 1_024 * 1_024), {
      'content-type': 'application/octet-stream',
    })
    expect(response.status).toBe(413)
    expect(events).toHaveLength(0)
  })

  test('a body over the 10 MB of the gateway gets 413 without being read', async () => {
    const response = await post(new Uint8Array(11 * 1_024 * 1_024))
    expect(response.status).toBe(413)
    expect(events).toHaveLength(0)
  })

  test('an answer keeps its status, headers, cookies and bytes', async () => {
    const body = Buffer.from([0, 255])
    reply = {
      statusCode: 201,
      headers: { 'x-a': 'b' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: body.toString('base64'),
      isBase64Encoded: true,
    }
    const response = await post('')
    expect(response.status).toBe(201)
    expect(response.headers.get('x-a')).toBe('b')
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2'])
    expect(Buffer.from(await response.arrayBuffer())).toEqual(body)
  })

  test('an answer without a status is JSON with 200', async () => {
    reply = { any: 'thing' }
    const response = await post('')
    expect([response.status, await response.json()]).toEqual([200, { any: 'thing' }])
  })

  test('a path without a route ends at the gateway', async () => {
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    expect(events).toHaveLength(0)
  })
})

test('a port that is taken is refused with the way out', async () => {
  const first = await openDoor(0)
  await expect(openDoor(Number(new URL(first.url).port))).rejects.toThrow('set PORT to another one')
  await first.close()
})
