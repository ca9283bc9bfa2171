import { describe, expect, test } from 'vitest'
import { listLogs, listUsers, newestLog } from '#lib/outbound/operations/auth0.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

const log = (n: number) => ({
  log_id: `9002026${n}`,
  type: 's',
  date: '2026-11-21T08:00:00.000Z',
  new_field: n,
})

describe('logs', () => {
  test('are read on from an entry, each page from the last one of the page before', async () => {
    const { client, sent } = givenApi('auth0', { body: [log(1), log(2)] }, { body: [log(3)] }, { body: [] })
    const found = await collect(listLogs(client, { after: '90020260' }))
    expect(found.map(({ log_id: id }) => id)).toEqual(['90020261', '90020262', '90020263'])
    expect(sent.map(({ target }) => queryOf(target))).toEqual([
      { from: '90020260', take: '100' },
      { from: '90020262', take: '100' },
      { from: '90020263', take: '100' },
    ])
  })

  test('begin after the newest, if there is one', async () => {
    const { client, sent } = givenApi('auth0', { body: [log(7)] }, { body: [] })
    expect(await newestLog(client)).toMatchObject({ log_id: '90020267' })
    expect(await newestLog(client)).toBeUndefined()
    expect(sent[0]?.target).toBe('/logs?sort=date%3A-1&per_page=1&page=0')
  })

  test('without a place to begin, or of wrong types, are refused', async () => {
    const { client } = givenApi('auth0', { body: [{ ...log(1), type: 5 }] })
    expect(() => listLogs(client, { after: '' })).toThrow('/after')
    await expect(collect(listLogs(client, { after: 'x' }))).rejects.toThrow(/at \/type$/)
  })
})

describe('users', () => {
  const user = (n: number) => ({ user_id: `auth0|${n}`, email: null, blocked: false })

  test('are read by pages from 0', async () => {
    const { client, sent } = givenApi('auth0', { body: [user(1), user(2)] }, { body: [] })
    expect(await collect(listUsers(client, { query: 'blocked:false' }))).toHaveLength(2)
    const query = { q: 'blocked:false', search_engine: 'v3', sort: 'created_at:1', per_page: '100' }
    expect(sent.map(({ target }) => queryOf(target))).toEqual([
      { ...query, page: '0' },
      { ...query, page: '1' },
    ])
  })

  test('that are more than Auth0 shows are an error, not an end', async () => {
    const { client } = givenApi('auth0', ({ target }) => ({ body: [user(Number(queryOf(target)['page']))] }))
    await expect(collect(listUsers(client))).rejects.toThrow('more than 10 pages')
  })

  test('are not there for a token that lacks the scope', async () => {
    const body = {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope',
      errorCode: 'insufficient_scope',
    }
    const { client } = givenApi('auth0', { status: 403, body })
    await expect(collect(listUsers(client))).rejects.toMatchObject({ kind: 'forbidden' })
  })
})
