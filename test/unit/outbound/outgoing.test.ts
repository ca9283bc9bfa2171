import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { addressOf } from '#lib/outbound/api-address.ts'
import { readRequest, type ApiAddress } from '#lib/outbound/outgoing.ts'
import type { ApiDeclaration } from '#lib/providers/api.ts'

const api: ApiDeclaration = {
  checkedOn: '2026-11-21',
  baseUrl: 'https://api.acme.example/v3',
  otherBaseUrls: {
    upload: 'https://api.acme.example/v3/upload',
    files: 'https://{region}.files.acme.example',
  },
}

const address = (environment: Readonly<Record<string, string>> = {}, base?: string): ApiAddress =>
  addressOf(api, { provider: 'acme', base, fromEnvironment: (name) => environment[name] })

const read = (input: string | URL | Request, init?: RequestInit, at = address(), of = api) =>
  readRequest(input, init, of, at)

describe('where an API is', () => {
  test('is where its provider declares it, and strangers there are strangers', () => {
    expect(address()).toEqual({
      base: 'https://api.acme.example/v3',
      origins: new Set(['https://api.acme.example']),
      trusted: false,
      moved: [],
    })
  })

  test('is where the operator has put it; what that takes the place of is kept, the longest first', () => {
    const there = address({
      ACME_BASE_URL: 'http://127.0.0.1:1/a',
      ACME_UPLOAD_BASE_URL: 'http://127.0.0.1:2',
      ACME_REGION: 'eu',
    })
    expect(there).toEqual({
      base: 'http://127.0.0.1:1/a',
      origins: new Set(['http://127.0.0.1:1', 'http://127.0.0.1:2', 'https://eu.files.acme.example']),
      trusted: true,
      moved: [
        { from: 'https://api.acme.example/v3/upload', to: 'http://127.0.0.1:2' },
        { from: 'https://api.acme.example/v3', to: 'http://127.0.0.1:1/a' },
      ],
    })
  })

  test('lets a connection of one base nowhere near the first one', () => {
    const there = address({ ACME_FILES_BASE_URL: 'https://files.test', ACME_REGION: 'eu' }, 'files')
    expect([...there.origins]).not.toContain('https://eu.files.acme.example')
    expect(there.base).toBe('https://files.test')
  })
})

describe('a request to an address that an SDK knows', () => {
  const moved = address({ ACME_BASE_URL: 'http://127.0.0.1:1/a', ACME_UPLOAD_BASE_URL: 'http://127.0.0.1:2' })

  test.each([
    ['https://api.acme.example/v3/mail?x=1', 'http://127.0.0.1:1/a/mail?x=1'],
    ['https://api.acme.example/v3?x=1', 'http://127.0.0.1:1/a?x=1'],
    ['https://api.acme.example/v3/upload/b', 'http://127.0.0.1:2/b'],
    ['/mail', 'http://127.0.0.1:1/a/mail'],
  ])('%s goes to %s, which the operator named', async (from, to) => {
    const { request, trusted } = await read(from, undefined, moved)
    expect([request.url.href, trusted]).toEqual([to, true])
  })

  test.each([
    'https://api.acme.example/v30/mail',
    'https://api.acme.example/',
    'https://api.acme.example.evil/v3/a',
  ])('%s is none of them', async (from) => {
    await expect(read(from, undefined, moved)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' })
  })

  test('is counted by the path after the base', async () => {
    expect((await read('https://api.acme.example/v3/mail', undefined, moved)).path).toBe('/mail')
  })
})

describe('a request that an SDK makes', () => {
  const brought = { headers: { authorization: 'Bearer placeholder', 'x-own': '1' } }

  test('loses the credentials that it brings, wherever those of the connection go', async () => {
    const { request } = await read('/a', brought)
    expect([...request.headers]).toEqual([['x-own', '1']])
  })

  test('keeps a signature where the vendor’s SDK signs', async () => {
    const signed = { ...api, signedBySdk: { service: 's3', region: 'eu-west-1' } }
    const { request } = await read('/a', brought, address(), signed)
    expect(request.headers.get('authorization')).toBe('Bearer placeholder')
  })

  test('may hand over a stream of Node, and say nothing of `duplex`', async () => {
    for (const duplex of [{}, { duplex: undefined }]) {
      const init = { method: 'POST', body: Readable.from(['ab', 'c']), ...duplex } as unknown as RequestInit
      const { request } = await read('/a', init)
      expect(Buffer.from(request.body ?? []).toString()).toBe('abc')
    }
  })

  test.each(['patch', 'Patch', 'PATCH', 'post'])('with the method %s has it in capitals', async (method) => {
    const { request } = await read('/a', { method, body: 'x' })
    expect(request.method).toBe(method.toUpperCase())
  })

  test('without a body has none, and an empty one is one', async () => {
    expect((await read('/a', { method: 'POST' })).request.body).toBeUndefined()
    expect((await read('/a', { method: 'POST', body: '' })).request.body?.byteLength).toBe(0)
  })
})
