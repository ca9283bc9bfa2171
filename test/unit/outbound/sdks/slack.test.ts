import { ErrorCode, LogLevel, WebClient, type UsersListResponse } from '@slack/web-api'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { failure, givenSdk, within, type Answer, type GivenSdk } from '#test/fakes/given-sdk.ts'

async function given(answers: readonly Answer[], more: Partial<GivenSdk> = {}) {
  const world = await givenSdk({ provider: 'slack', answers, ...more })
  return { ...world, slack: slackOver(world.fetch) }
}

const slackOver = (fetch: Fetch): WebClient =>
  new WebClient('xoxb-placeholder', {
    fetch,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      getLevel: () => LogLevel.ERROR,
      setName() {},
    },
  })

const posted = { json: { ok: true, ts: '1.2', channel: 'C1' } }
const message = { channel: 'C1', text: 'Grüße & "mehr"' }

describe('the SDK of Slack', () => {
  test('calls the connection where the operator has put it, with its credentials and not with the SDK’s token', async () => {
    const { slack, seen } = await given([posted])
    const { ok, ts } = await slack.chat.postMessage({ ...message, blocks: [{ type: 'divider' }] })
    expect([ok, ts]).toEqual([true, '1.2'])
    expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(['POST /api/chat.postMessage'])
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
    const form = new URLSearchParams(seen[0]?.body.toString())
    expect([form.get('text'), form.get('blocks'), form.has('token')]).toEqual([
      message.text,
      '[{"type":"divider"}]',
      false,
    ])
  })

  test('throws its own error for one that is inside a 200', async () => {
    const { slack, seen, reports } = await given([{ json: { ok: false, error: 'channel_not_found' } }])
    const thrown = await failure(slack.chat.postMessage(message))
    expect(thrown).toMatchObject({ code: ErrorCode.PlatformError, data: { error: 'channel_not_found' } })
    expect([seen.length, reports]).toEqual([1, ['success']])
  })

  test('is let in again after its token had expired inside a 200', async () => {
    const { slack, seen } = await given([{ json: { ok: false, error: 'token_expired' } }, posted])
    expect((await slack.chat.postMessage(message)).ok).toBe(true)
    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer real-1',
      'Bearer real-2',
    ])
    expect(seen[1]?.body).toEqual(seen[0]?.body)
  })

  test('a token that is no good any more locks the connection', async () => {
    const { slack, locked } = await given([{ json: { ok: false, error: 'token_revoked' } }])
    expect(await failure(slack.auth.test())).toMatchObject({ data: { error: 'token_revoked' } })
    expect(locked).toHaveLength(1)
  })

  test('waits as long as a 429 asks, and sends a message that was not heard again', async () => {
    const { slack, seen, slept } = await given([
      { status: 429, headers: { 'retry-after': '3' }, bytes: Buffer.from('') },
      posted,
    ])
    expect((await slack.chat.postMessage(message)).ok).toBe(true)
    expect(seen).toHaveLength(2)
    expect(slept[0]).toBeGreaterThanOrEqual(3_000)
  })

  test('hears of a 429 that asks for longer than the call has, and does not wait by itself', async () => {
    const { slack, seen, slept } = await given([{ status: 429, headers: { 'retry-after': '600' } }])
    expect(await failure(slack.chat.postMessage(message))).toMatchObject({
      code: ErrorCode.RateLimitedError,
      retryAfter: 600,
    })
    expect([seen.length, slept]).toEqual([1, []])
  })

  test('gets a 503 as it is, because a message that was perhaps sent is not sent again', async () => {
    const { slack, seen, reports } = await given([{ status: 503, bytes: Buffer.from('busy') }])
    expect(await failure(slack.chat.postMessage(message))).toMatchObject({
      code: ErrorCode.HTTPError,
      statusCode: 503,
      body: 'busy',
    })
    expect([seen.length, reports]).toEqual([1, ['failure']])
  })

  test('has a 503 repeated by the chain where it only reads', async () => {
    const { slack, seen } = await given([
      { status: 503, bytes: Buffer.from('busy') },
      { json: { ok: true, members: [] } },
    ])
    expect((await slack.users.list({})).ok).toBe(true)
    expect(seen.map(({ url }) => url.pathname)).toEqual(['/api/users.list', '/api/users.list'])
  })

  test('says what held a call back in its error’s original', async () => {
    const { slack, seen } = await given([posted], { openMs: 60_000 })
    const { original } = (await failure(slack.chat.postMessage(message))) as { original: unknown }
    expect(original).toBeInstanceOf(ApiError)
    expect(original).toMatchObject({ kind: 'held', code: 'breaker_open' })
    expect(seen).toEqual([])
  })

  test('turns pages by itself', async () => {
    const { slack, seen } = await given([
      { json: { ok: true, members: [{ id: 'U1' }], response_metadata: { next_cursor: 'n=1' } } },
      { json: { ok: true, members: [{ id: 'U2' }], response_metadata: { next_cursor: '' } } },
    ])
    const ids: (string | undefined)[] = []
    for await (const page of slack.paginate('users.list', { limit: 1 }))
      ids.push(...((page as UsersListResponse).members ?? []).map(({ id }) => id))
    expect(ids).toEqual(['U1', 'U2'])
    expect(new URLSearchParams(seen[1]?.body.toString()).get('cursor')).toBe('n=1')
  })

  test('uploads a file to the host for files, whole, and completes the upload', async () => {
    const file = Buffer.from([0, 255, 13, 10, 128])
    const { slack, seen } = await given([
      { json: { ok: true, upload_url: 'https://files.slack.com/upload/v1/ABC', file_id: 'F1' } },
      { bytes: Buffer.from('OK - 5') },
      { json: { ok: true, files: [{ id: 'F1' }] } },
    ])
    const { ok } = await slack.files.uploadV2({ channel_id: 'C1', file, filename: 'a.bin' })
    expect(ok).toBe(true)
    expect(seen.map(({ url }) => url.pathname)).toEqual([
      '/api/files.getUploadURLExternal',
      '/upload/v1/ABC',
      '/api/files.completeUploadExternal',
    ])
    const headers = { 'content-type': seen[1]?.headers.get('content-type') ?? '' }
    const form = await new Response(new Uint8Array(seen[1]?.body ?? []), { headers }).formData()
    expect(Buffer.from(await (form.get('body') as File).bytes())).toEqual(file)
  })

  test('leaves files to `fetch`, which brings them as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 256))
    const { fetch, seen } = await given([{ bytes }])
    const answer = await fetch('https://files.slack.com/files-pri/T1-F1/a.bin')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
  })

  test('ends with the attempt of its handler', async () => {
    const attempt = new AbortController()
    const { fetch } = await given([() => (attempt.abort(new Error('over')), { silent: true })])
    const thrown = await failure(slackOver(within(attempt.signal, fetch)).auth.test())
    expect(thrown).toMatchObject({ code: ErrorCode.RequestError, original: { message: 'over' } })
  })
})
