import { Octokit } from '@octokit/rest'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { ms } from '#lib/primitives/clock.ts'
import { failure, givenSdk, type Answer, type GivenSdk } from '#test/fakes/given-sdk.ts'

async function given(answers: readonly Answer[], more: Partial<GivenSdk> = {}) {
  const world = await givenSdk({ provider: 'github', answers, ...more })
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return { ...world, octokit: new Octokit({ auth: 'placeholder', request: { fetch: world.fetch }, log }) }
}

const repo = { owner: 'acme', repo: 'books' }
const renamed = { json: { id: 1, full_name: 'acme/books' } }
const unauthorized = { status: 401, json: { message: 'Bad credentials' } }

describe('the SDK of GitHub', () => {
  test('calls the connection where the operator has put it, with its credentials and not with the SDK’s token', async () => {
    const { octokit, seen } = await given([renamed])
    const { data, status, url } = await octokit.rest.repos.get(repo)
    expect([data.full_name, status]).toEqual(['acme/books', 200])
    expect(new URL(url).pathname).toBe('/repos/acme/books')
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
    expect(seen[0]?.headers.get('user-agent')).toContain('octokit')
    expect(seen[0]?.headers.get('x-github-api-version')).toBe('2022-11-28')
  })

  test('has JSON sent as it is', async () => {
    const { octokit, seen } = await given([{ status: 201, json: { number: 7 } }])
    const { data } = await octokit.rest.issues.create({ ...repo, title: 'Größe "x"', labels: ['a'] })
    expect(data.number).toBe(7)
    expect(JSON.parse(seen[0]?.body.toString() ?? '')).toEqual({ title: 'Größe "x"', labels: ['a'] })
  })

  test('has a 503 repeated by the chain where that does nothing twice, and gets it where not', async () => {
    const busy = { status: 503, json: { message: 'busy' } }
    const reading = await given([busy, renamed])
    expect((await reading.octokit.rest.repos.get(repo)).status).toBe(200)
    expect(reading.seen).toHaveLength(2)
    const writing = await given([busy, renamed])
    expect(await failure(writing.octokit.rest.issues.create({ ...repo, title: 'x' }))).toMatchObject({
      name: 'HttpError',
      status: 503,
    })
    expect(writing.seen).toHaveLength(1)
  })

  test('waits as long as a secondary limit asks', async () => {
    const limited = {
      status: 403,
      headers: { 'retry-after': '3' },
      json: { message: 'You have exceeded a secondary rate limit.' },
    }
    const { octokit, seen, slept } = await given([limited, renamed], {
      options: { timeoutMs: ms(30_000) },
    })
    await octokit.rest.repos.get(repo)
    expect(seen).toHaveLength(2)
    expect(slept[0]).toBeGreaterThanOrEqual(3_000)
  })

  test('is let in again after its token was refused, and hears of it only when that does not help', async () => {
    const helped = await given([unauthorized, renamed])
    expect((await helped.octokit.rest.repos.get(repo)).status).toBe(200)
    expect(helped.seen.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer real-1',
      'Bearer real-2',
    ])
    const locked = await given([unauthorized])
    expect(await failure(locked.octokit.rest.repos.get(repo))).toMatchObject({
      name: 'HttpError',
      status: 401,
    })
    expect([locked.seen.length, locked.locked.length]).toEqual([2, 1])
  })

  test('throws its own error with GitHub’s message and request id', async () => {
    const errors = [{ resource: 'Issue', field: 'title', code: 'missing_field' }]
    const answer = {
      status: 422,
      headers: { 'x-github-request-id': 'A1' },
      json: { message: 'Validation Failed', errors },
    }
    const { octokit } = await given([answer])
    const thrown = await failure(octokit.rest.issues.create({ ...repo, title: '' }))
    expect(thrown).toMatchObject({
      name: 'HttpError',
      status: 422,
      message: expect.stringContaining('Validation Failed'),
      response: { headers: { 'x-github-request-id': 'A1' }, data: { errors } },
    })
  })

  test('says what held a call back in its error’s cause', async () => {
    const { octokit, seen } = await given([renamed], { openMs: 60_000 })
    const thrown = (await failure(octokit.rest.repos.get(repo))) as Error
    expect(thrown.cause).toBeInstanceOf(ApiError)
    expect(thrown.cause).toMatchObject({ kind: 'held', code: 'breaker_open' })
    expect(seen).toEqual([])
  })

  test('turns pages by their links', async () => {
    const link = '<https://api.github.com/repositories/1/issues?per_page=2&page=2>; rel="next"'
    const { octokit, seen } = await given([
      { headers: { link }, json: [{ number: 1 }, { number: 2 }] },
      { json: [{ number: 3 }] },
    ])
    const issues = await octokit.paginate(octokit.rest.issues.listForRepo, { ...repo, per_page: 2 })
    expect(issues.map(({ number }) => number)).toEqual([1, 2, 3])
    expect(seen[1]?.url.pathname + (seen[1]?.url.search ?? '')).toBe(
      '/repositories/1/issues?per_page=2&page=2',
    )
    expect(seen[1]?.headers.get('authorization')).toBe('Bearer real-1')
  })

  test('follows what was renamed', async () => {
    const { octokit, seen } = await given([
      { status: 301, headers: { location: '/repositories/1' } },
      renamed,
    ])
    const { url } = await octokit.rest.repos.get(repo)
    expect(seen.map(({ url: at }) => at.pathname)).toEqual(['/repos/acme/books', '/repositories/1'])
    expect(new URL(url).pathname).toBe('/repositories/1')
  })

  test('gets bytes as they are, and those it uploads arrive so at the host for uploads', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 256))
    const { octokit, seen } = await given([{ bytes }, { status: 201, json: { id: 5 } }])
    const raw = await octokit.rest.repos.getContent({ ...repo, path: 'a.bin', mediaType: { format: 'raw' } })
    expect(Buffer.from(raw.data as unknown as ArrayBuffer)).toEqual(bytes)
    expect(seen[0]?.headers.get('accept')).toContain('raw')
    const headers = { 'content-type': 'application/octet-stream' }
    await octokit.rest.repos.uploadReleaseAsset({
      ...repo,
      release_id: 9,
      name: 'a.bin',
      headers,
      data: bytes as unknown as string,
    })
    expect(seen[1]?.url.pathname).toBe('/repos/acme/books/releases/9/assets')
    expect(seen[1]?.body).toEqual(bytes)
  })

  test.each([
    ['204', 204, 'GET'],
    ['an answer to HEAD', 200, 'HEAD'],
  ])('takes %s for an answer without a body', async (_, status, method) => {
    const { octokit } = await given([{ status }])
    const answer = await octokit.request(`${method} /user/starred/acme/books`)
    expect([answer.status, answer.data]).toEqual([status, ''])
  })

  test('hears that nothing changed', async () => {
    const { octokit, seen } = await given([{ status: 304, headers: { etag: '"1"' } }])
    const headers = { 'if-none-match': '"1"' }
    expect(await failure(octokit.rest.repos.get({ ...repo, headers }))).toMatchObject({ status: 304 })
    expect(seen[0]?.headers.get('if-none-match')).toBe('"1"')
  })

  test('asks GraphQL, and throws its errors', async () => {
    const { octokit, seen } = await given([
      { json: { data: { viewer: { login: 'octocat' } } } },
      { json: { data: null, errors: [{ type: 'NOT_FOUND', message: 'Could not resolve', path: ['x'] }] } },
    ])
    expect(await octokit.graphql('{ viewer { login } }')).toEqual({ viewer: { login: 'octocat' } })
    expect(seen[0]?.url.pathname).toBe('/graphql')
    expect(await failure(octokit.graphql('{ x }'))).toMatchObject({
      name: 'GraphqlResponseError',
      message: expect.stringContaining('Could not resolve'),
    })
  })

  test('ends by the signal of a call', async () => {
    const stop = new AbortController()
    const { octokit } = await given([() => (stop.abort(), { silent: true })])
    const thrown = await failure(octokit.rest.repos.get({ ...repo, request: { signal: stop.signal } }))
    expect(thrown).toMatchObject({ name: 'AbortError' })
  })
})
