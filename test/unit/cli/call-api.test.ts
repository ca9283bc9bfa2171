import { expect, test } from 'vitest'
import { callApi, type AnswerOf } from '#cli/call-api.ts'

const asked: unknown[] = []
const api = {
  get: async <T>(...args: unknown[]) => void asked.push(['GET', ...args]) as T,
  post: async <T>(...args: unknown[]) => void asked.push(['POST', ...args]) as T,
  delete: async <T>(...args: unknown[]) => void asked.push(['DELETE', ...args]) as T,
}
const sent = async (call: Promise<unknown>): Promise<unknown> => {
  await call
  return asked.pop()
}

test('an address becomes a path, with its names written so that they stay one part of it', async () => {
  const path = { id: 'conn_x:items?a=b/c' }
  expect(await sent(callApi(api, 'POST /api/polls/{id}/run', { path, query: { tenant: 'a&b' } }))).toEqual([
    'POST',
    '/api/polls/conn_x%3Aitems%3Fa%3Db%2Fc/run?tenant=a%26b',
    {},
  ])
  const names = { id: 'p', backfill: 'bf_1' }
  expect(await sent(callApi(api, 'POST /api/polls/{id}/backfill/{backfill}/pause', { path: names }))).toEqual(
    ['POST', '/api/polls/p/backfill/bf_1/pause', {}],
  )
})

test('queries and bodies go as they are', async () => {
  const query = { tenant: 'acme', limit: 5 }
  expect(await sent(callApi(api, 'GET /api/audit', { query }))).toEqual(['GET', '/api/audit', query])
  const body = { ids: ['evt_1'] }
  expect(await sent(callApi(api, 'POST /api/dead-letters/redrive', { body }))).toEqual([
    'POST',
    '/api/dead-letters/redrive',
    body,
  ])
  expect(
    await sent(callApi(api, 'DELETE /api/connections/{id}', { path: { id: 'c' }, query: { tenant: 't' } })),
  ).toEqual(['DELETE', '/api/connections/c?tenant=t'])
})

test('the compiler knows what each operation takes and answers', () => {
  const never = async (): Promise<void> => {
    // @ts-expect-error: there is no such operation
    await callApi(api, 'GET /api/nothing', {})
    // @ts-expect-error: the event is not named
    await callApi(api, 'GET /api/events/{id}', {})
    // @ts-expect-error: no list is narrowed by this
    await callApi(api, 'GET /api/events', { query: { colour: 'red' } })
    // @ts-expect-error: the tenant is not named
    await callApi(api, 'POST /api/polls/{id}/run', { path: { id: 'p' } })
    // @ts-expect-error: the body is of another operation
    await callApi(api, 'POST /api/dead-letters/redrive', { body: { tenant: 'acme' } })
  }
  const status: AnswerOf<'GET /api/events/{id}'>['status'] = 'done'
  expect([typeof never, status]).toEqual(['function', 'done'])
})
