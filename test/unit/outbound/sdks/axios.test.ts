import { AxiosError, create, isCancel } from 'axios'
import { describe, expect, test } from 'vitest'
import { axiosOver } from '#lib/outbound/adapters/axios.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { failure, givenSdk, type Answer } from '#test/fakes/given-sdk.ts'

async function given(answers: readonly Answer[]) {
  const world = await givenSdk({ provider: 'sendgrid', answers })
  return { ...world, client: create(axiosOver(world.fetch)) }
}

const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256))

describe('axios', () => {
  test('calls a path at the API of the connection, and reads JSON', async () => {
    const { client, seen } = await given([{ json: { a: 1 } }])
    const { data } = await client.post<unknown>('/mail', { b: 'ü' }, { params: { c: [1, 2] } })
    expect(data).toEqual({ a: 1 })
    expect(seen[0]?.url.pathname).toBe('/v3/mail')
    expect(seen[0]?.url.searchParams.getAll('c[]')).toEqual(['1', '2'])
    expect(seen[0]?.body.toString()).toBe('{"b":"ü"}')
    expect(seen[0]?.headers.get('content-type')).toBe('application/json')
  })

  test('sends forms and files as they are', async () => {
    const { client, seen } = await given([{}])
    await client.post('/a', new URLSearchParams({ a: 'ü&' }))
    await client.postForm('/b', { name: 'ü', file: new Blob([bytes]) })
    expect(seen[0]?.body.toString()).toBe('a=%C3%BC%26')
    const headers = { 'content-type': seen[1]?.headers.get('content-type') ?? '' }
    const form = await new Response(new Uint8Array(seen[1]?.body ?? []), { headers }).formData()
    expect(form.get('name')).toBe('ü')
    expect(Buffer.from(await (form.get('file') as File).bytes())).toEqual(bytes)
  })

  test('gets bytes as they are', async () => {
    const { client } = await given([{ bytes }])
    const { data } = await client.get<ArrayBuffer>('/a', { responseType: 'arraybuffer' })
    expect(Buffer.from(data)).toEqual(bytes)
  })

  test('throws its own error for an answer that is one, and no code of 302 leads it away', async () => {
    const { client, seen } = await given([
      { status: 404, json: { error: 'gone' } },
      { status: 302, headers: { location: '/b' } },
    ])
    const thrown = await failure(client.get('/a'))
    expect(thrown).toBeInstanceOf(AxiosError)
    expect(thrown).toMatchObject({ response: { status: 404, data: { error: 'gone' } } })
    expect(await failure(client.get('/a', { maxRedirects: 0 }))).toMatchObject({ response: { status: 302 } })
    expect(seen).toHaveLength(2)
  })

  test('ends by the signal of a call', async () => {
    const stop = new AbortController()
    const { client } = await given([() => (stop.abort(), { silent: true })])
    expect(isCancel(await failure(client.get('/a', { signal: stop.signal })))).toBe(true)
  })

  test('of each instance calls by its own `fetch`, and all of them show axios the same one', async () => {
    const by =
      (name: string): Fetch =>
      async () =>
        new Response(name)
    const [one, other] = [create(axiosOver(by('one'))), create(axiosOver(by('other')))]
    const texts = await Promise.all([one.get<string>('/'), other.get<string>('/'), one.get<string>('/')])
    expect(texts.map(({ data }) => data)).toEqual(['one', 'other', 'one'])
    expect(axiosOver(by('one')).env).toEqual(axiosOver(by('other')).env)
  })

  test('hands nothing of its own settings to `fetch`', async () => {
    let seen: RequestInit | undefined
    const fetch: Fetch = async (_, init) => ((seen = init), new Response(''))
    await create(axiosOver(fetch)).get('/')
    expect(Object.keys(seen ?? {})).toEqual(expect.arrayContaining(['method', 'headers']))
    expect(Object.keys(seen ?? {}).filter((name) => name.startsWith('sluice'))).toEqual([])
  })
})
