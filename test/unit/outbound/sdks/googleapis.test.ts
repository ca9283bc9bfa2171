import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { drive, type drive_v3 } from '@googleapis/drive'
import { Gaxios, GaxiosError } from 'gaxios'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { failure, givenSdk, type Answer, type GivenSdk } from '#test/fakes/given-sdk.ts'

async function given(answers: readonly Answer[], more: Partial<GivenSdk> = {}) {
  const world = await givenSdk({ provider: 'google-drive', answers, ...more })
  const files = drive({ version: 'v3', fetchImplementation: world.fetch, retry: false }).files
  return { ...world, files }
}

const listed = { json: { files: [{ id: '1', name: 'a' }] } }
const busy = { status: 503, json: { error: { code: 503, message: 'busy' } } }
const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256))

describe('the SDK of Google', () => {
  test('calls the connection where the operator has put it, with its credentials', async () => {
    const { files, seen } = await given([listed])
    const { data, status } = await files.list({ q: "name = 'ü b'", pageSize: 2 })
    expect([data.files?.[0]?.id, status]).toEqual(['1', 200])
    expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(['GET /drive/v3/files'])
    expect(seen[0]?.url.searchParams.get('q')).toBe("name = 'ü b'")
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
  })

  test('has the credentials of the connection and not those that a client brings', async () => {
    const { fetch, seen } = await given([listed])
    const client = new Gaxios({ fetchImplementation: fetch, retry: false })
    const { data } = await client.request<drive_v3.Schema$FileList>({
      url: 'https://www.googleapis.com/drive/v3/files',
      headers: { authorization: 'Bearer placeholder' },
    })
    expect(data.files).toHaveLength(1)
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
  })

  test('has a 503 repeated by the chain, and repeats nothing itself', async () => {
    const { files, seen } = await given([busy, listed])
    expect((await files.list()).status).toBe(200)
    expect(seen).toHaveLength(2)
    const once = await given([busy], { options: { attempts: 1 } })
    expect(await failure(once.files.list())).toBeInstanceOf(GaxiosError)
    expect(once.seen).toHaveLength(1)
  })

  test('waits as long as a 429 asks', async () => {
    const limited = { status: 429, headers: { 'retry-after': '2' }, json: { error: { code: 429 } } }
    const { files, slept } = await given([limited, listed])
    await files.list()
    expect(slept[0]).toBeGreaterThanOrEqual(2_000)
  })

  test('is let in again after its token was refused', async () => {
    const { files, seen } = await given([{ status: 401, json: { error: { code: 401 } } }, listed])
    await files.list()
    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer real-1',
      'Bearer real-2',
    ])
  })

  test('throws its own error with Google’s message', async () => {
    const error = {
      code: 404,
      message: 'File not found: x.',
      errors: [{ reason: 'notFound', message: 'File not found: x.' }],
    }
    const { files } = await given([{ status: 404, json: { error } }])
    const thrown = await failure(files.get({ fileId: 'x' }))
    expect(thrown).toBeInstanceOf(GaxiosError)
    expect(thrown).toMatchObject({ status: 404, message: 'File not found: x.' })
  })

  test('says what held a call back in its error’s cause', async () => {
    const { files, seen } = await given([listed], { openMs: 60_000 })
    const thrown = (await failure(files.list())) as Error
    expect(thrown).toBeInstanceOf(GaxiosError)
    expect(thrown.cause).toBeInstanceOf(ApiError)
    expect(thrown.cause).toMatchObject({ kind: 'held', code: 'breaker_open' })
    expect(seen).toEqual([])
  })

  test('turns pages by their tokens', async () => {
    const { files, seen } = await given([{ json: { files: [{ id: '1' }], nextPageToken: 't=2' } }, listed])
    const ids: unknown[] = []
    for (let pageToken: string | undefined, more = true; more; more = pageToken !== undefined) {
      const { data } = await files.list({ ...(pageToken !== undefined && { pageToken }) })
      ids.push(...(data.files ?? []).map(({ id }) => id))
      pageToken = data.nextPageToken ?? undefined
    }
    expect(ids).toEqual(['1', '1'])
    expect(seen[1]?.url.searchParams.get('pageToken')).toBe('t=2')
  })

  test.each([
    ['in one piece', [bytes]],
    ['in several', [bytes.subarray(0, 9), bytes.subarray(9)]],
  ])('uploads a stream %s with its description, in parts, to the base for uploads', async (_, pieces) => {
    const { files, seen } = await given([{ json: { id: '9' } }])
    const media = { mimeType: 'application/octet-stream', body: Readable.from(pieces) }
    await files.create({ requestBody: { name: 'ü.bin' }, media })
    expect(seen[0]?.url.pathname).toBe('/upload/drive/v3/files')
    const boundary = /boundary=(\S+)/.exec(seen[0]?.headers.get('content-type') ?? '')?.[1] ?? ''
    const parts = seen[0]?.body.toString('latin1').split(`--${boundary}`) ?? []
    expect(Buffer.from(parts[1] ?? '', 'latin1').toString()).toContain('{"name":"ü.bin"}')
    expect(parts[2]).toContain(bytes.toString('latin1'))
  })

  test('sends a stream again whole', async () => {
    const { fetch, seen } = await given([busy, { json: { id: '9' } }])
    const client = new Gaxios({ fetchImplementation: fetch, retry: false })
    await client.request({
      method: 'PUT',
      url: 'https://www.googleapis.com/upload/drive/v3/files/9',
      data: Readable.from([bytes]),
    })
    expect(seen.map(({ body }) => body.equals(bytes))).toEqual([true, true])
  })

  test.each(['stream', 'arraybuffer'] as const)('downloads a file as %s', async (responseType) => {
    const { files } = await given([{ bytes }])
    const { data } = await files.get({ fileId: '1', alt: 'media' }, { responseType })
    const read = data as unknown
    expect(
      read instanceof ArrayBuffer ? Buffer.from(read) : await buffer(read as AsyncIterable<Uint8Array>),
    ).toEqual(bytes)
  })

  test('takes 204 for an answer without a body', async () => {
    const { files, seen } = await given([{ status: 204 }])
    expect((await files.delete({ fileId: '1' })).status).toBe(204)
    expect(seen[0]?.method).toBe('DELETE')
  })

  test('changes by PATCH with JSON', async () => {
    const { files, seen } = await given([{ json: { id: '1' } }])
    await files.update({ fileId: '1', requestBody: { name: 'ü' } })
    expect([seen[0]?.method, seen[0]?.body.toString()]).toEqual(['PATCH', '{"name":"ü"}'])
  })

  test('ends by the signal of a call', async () => {
    const stop = new AbortController()
    const { files } = await given([() => (stop.abort(), { silent: true })])
    const thrown = await failure(files.list({}, { signal: stop.signal }))
    expect(thrown).toMatchObject({ code: 'AbortError' })
  })
})
