import type { IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { httpsTransport, type HttpsTransportOptions } from '#lib/outbound/transport.https.ts'
import type { OutgoingRequest, SendOptions } from '#lib/outbound/transport.ts'
import { issue } from '#test/fakes/certificates.ts'
import { localServer } from '#test/fakes/local-server.ts'

interface Sent extends Partial<SendOptions>, HttpsTransportOptions {
  readonly request?: Partial<OutgoingRequest>
}

/** Sends to what the operator named, unless it says otherwise. */
function send(url: string | URL, { request, lookup, ca, ...options }: Sent = {}): Promise<Response> {
  const transport = httpsTransport({ ...(lookup && { lookup }), ...(ca && { ca }) })
  return transport(
    { method: 'GET', url: new URL(url), headers: new Headers(), ...request },
    { signal: new AbortController().signal, maxBodyBytes: 1_000, trusted: true, ...options },
  )
}

const toStranger = (url: string, options: Sent = {}) => send(url, { trusted: false, ...options })

/** A resolver that says these addresses, in this order, one list per question. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const lookup = ((hostname, _, callback) => {
    const addresses = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }) as LookupFunction
  return { lookup, asked }
}

describe('an answer', () => {
  test('comes with status, headers and body', async () => {
    const url = await localServer((_, response) => {
      response.writeHead(
        207,
        'Some',
        [
          ['X-A', '1'],
          ['X-A', '2'],
        ].flat(),
      )
      response.end('hello')
    })
    const answer = await send(url)
    expect([answer.status, answer.statusText]).toEqual([207, 'Some'])
    expect(answer.headers.get('x-a')).toBe('1, 2')
    expect(await answer.text()).toBe('hello')
  })

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('in %s is inflated, and says no more that it is packed', async (encoding, pack) => {
    const url = await localServer((_, response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end(pack('a'.repeat(1_000)))
    })
    const answer = await send(url)
    expect(await answer.text()).toBe('a'.repeat(1_000))
    expect(answer.headers.has('content-encoding')).toBe(false)
    expect(answer.headers.has('content-length')).toBe(false)
  })

  test.each([204, 205, 304])('B116: %i has no body', async (status) => {
    const url = await localServer((_, response) => response.writeHead(status).end())
    const answer = await send(url)
    expect([answer.status, answer.body]).toEqual([status, null])
  })

  test('to HEAD has no body, whatever its headers say', async () => {
    const url = await localServer((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '99' }).end(),
    )
    const answer = await send(url, { request: { method: 'HEAD' } })
    expect([answer.status, answer.body]).toEqual([200, null])
  })

  test('B118: of as many bytes as allowed is read, one more is refused', async () => {
    const url = await localServer((_, response) => response.end('a'.repeat(1_000)))
    expect(await (await send(url)).text()).toHaveLength(1_000)
    await expect((await send(url, { maxBodyBytes: 999 })).text()).rejects.toMatchObject({
      code: 'ANSWER_REFUSED',
    })
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('B118: that inflates to a hundred megabytes by %s is given up early', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(100_000_000))
    const url = await localServer((_, response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end(bomb)
    })
    await expect((await send(url)).text()).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
  })

  test.each([
    Array.from({ length: 1_000 }, () => 'gzip').join(', '),
    'gzip, gzip',
    'compress',
    'constructor',
  ])('B118: is refused when it is packed as %.20s', async (encoding) => {
    const url = await localServer((_, response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end('x')
    })
    await expect(send(url)).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
  })

  test('that breaks off is unavailable', async () => {
    const url = await localServer((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half of it')
      setImmediate(() => request.socket.destroy())
    })
    const answer = await send(url)
    await expect(answer.text()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
  })

  test('damaged on its way in is no answer', async () => {
    const url = await localServer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end('not gzip at all')
    })
    await expect((await send(url)).text()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
  })
})

describe('what never answers', () => {
  const ended = new Error('time is over')

  test.each([
    ['before its headers', undefined],
    ['after its headers', 'a'],
  ])('B117: is ended by the signal %s', async (_, begun) => {
    const controller = new AbortController()
    const url = await localServer((_request, response) => {
      if (begun) response.writeHead(200).write(begun)
      setImmediate(() => controller.abort(ended))
    })
    const whole = send(url, { signal: controller.signal }).then((answer) => answer.text())
    await expect(whole).rejects.toBe(ended)
  })

  test('is not asked when the signal is over already', async () => {
    let requests = 0
    const url = await localServer((_, response) => {
      requests += 1
      response.end()
    })
    await expect(send(url, { signal: AbortSignal.abort(ended) })).rejects.toBe(ended)
    expect(requests).toBe(0)
  })

  test('is unavailable when it hangs up', async () => {
    const url = await localServer((request) => void request.socket.destroy())
    await expect(send(url)).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' })
  })
})

describe('a request', () => {
  test('goes out with its method, headers and body, and with no header of the connection', async () => {
    let got: { method: string | undefined; headers: IncomingMessage['headers']; body: string } | undefined
    const url = await localServer(async (request, response) => {
      got = {
        method: request.method,
        headers: request.headers,
        body: Buffer.concat(await request.toArray()).toString(),
      }
      response.end()
    })
    await send(url, {
      request: {
        method: 'PUT',
        headers: new Headers({ 'x-own': '1', host: 'evil.example', 'transfer-encoding': 'chunked', te: 'x' }),
        body: Buffer.from('body'),
      },
    })
    expect(got?.method).toBe('PUT')
    expect(got?.body).toBe('body')
    expect(got?.headers).toMatchObject({ 'x-own': '1', host: url.host, 'content-length': '4' })
    expect(got?.headers).not.toHaveProperty('transfer-encoding')
    expect(got?.headers).not.toHaveProperty('te')
  })
})

describe('an address', () => {
  test.each([
    'http://169.254.169.254/',
    'https://169.254.169.254/',
    'https://169.254.170.2/',
    'https://169.254.170.23/',
    'https://[fd00:ec2::254]/',
    'https://127.0.0.1/2018-06-01/runtime/invocation/next',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://１２７.０.０.１/',
    'https://[::ffff:127.0.0.1]/',
    'https://127.1/',
    'https://0/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://10.0.0.1/',
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'data:text/plain,x',
    'https://example.com:22/',
    'https://example.com:25/',
    'https://example.com:6379/',
    'https://user@example.com/',
    'https://user:pw@good.com@evil.com/',
  ])('B095-B101: %s is refused and no name is looked up', async (url) => {
    const { lookup, asked } = resolver(['93.184.216.34'])
    await expect(toStranger(url, { lookup })).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
    expect(asked).toEqual([])
  })

  test.each([['127.0.0.1'], ['::1'], ['93.184.216.34', '10.0.0.1'], ['::ffff:169.254.169.254']])(
    'B096, B098: a name that leads to %s is refused',
    async (...addresses) => {
      const { lookup, asked } = resolver(addresses)
      await expect(toStranger('https://localhost./', { lookup })).rejects.toMatchObject({
        code: 'ADDRESS_REFUSED',
      })
      expect(asked).toEqual(['localhost.'])
    },
  )

  test('B098: what is dialled is what was judged; the name is asked once', async () => {
    const url = await localServer((request, response) => response.end(request.headers.host))
    // The second answer is what a rebinding name would say.
    const { lookup, asked } = resolver(['127.0.0.1'], ['169.254.169.254'])
    const answer = await send(`http://api.test:${url.port}/`, { lookup })
    expect(await answer.text()).toBe(`api.test:${url.port}`)
    expect(asked).toEqual(['api.test'])
  })

  test('of a metadata service is refused even where the operator named it', async () => {
    await expect(send('http://169.254.169.254/latest/meta-data/')).rejects.toMatchObject({
      code: 'ADDRESS_REFUSED',
    })
  })

  test('that is no name anywhere is unavailable', async () => {
    const { lookup } = resolver([])
    await expect(toStranger('https://nowhere.example/', { lookup })).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
    })
  })
})

describe('B124: a certificate', () => {
  const at = (port: string) => `https://api.test:${port}/`
  const { lookup } = resolver(['127.0.0.1'])
  const serving = async (name: string, options: Parameters<typeof issue>[1] = {}) => {
    const { pem, privateKey } = await issue(name, options)
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    return localServer((_, response) => response.end('ok'), { cert: pem, key })
  }

  test('of a known authority for this name is taken', async () => {
    const authority = await issue('Authority', { isAuthority: true })
    const url = await serving('api.test', { by: authority })
    expect(await (await send(at(url.port), { lookup, ca: authority.pem })).text()).toBe('ok')
  })

  test.each([
    ['that signed itself', 'api.test', {}],
    ['for another name', 'other.test', { byAuthority: true }],
    ['that is over', 'api.test', { byAuthority: true, until: '2021-01-01' }],
  ])(
    '%s is refused',
    async (_, name, { byAuthority, ...options }: { byAuthority?: boolean; until?: string }) => {
      const authority = await issue('Authority', { isAuthority: true })
      const url = await serving(name, { ...options, ...(byAuthority && { by: authority }) })
      await expect(send(at(url.port), { lookup, ca: authority.pem })).rejects.toMatchObject({
        code: 'DESTINATION_UNAVAILABLE',
      })
    },
  )
})
