import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rejectToken } from '#lib/oauth/reject-token.ts'
import { later, minutes } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { givenTokens } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'rejected')
})
afterAll(() => tables.close())

const given = () => givenTokens(tables, 'rejected', () => new Response('', { status: 503 }))
const standing = new Secret('access-1')

describe('B115: a token that the provider refuses although it is fresh', () => {
  test('ends its connection, and its people are told', async () => {
    const { connect, deps, announced, counted } = given()
    const connection = await connect()
    expect(await rejectToken(connection, standing, deps)).toBe('needs_reauth')
    expect(await deps.vault.get(connection.tenant, connection.id)).toMatchObject({
      state: 'needs_reauth',
      cause: 'revoked',
    })
    expect(announced).toEqual([{ type: 'connection.needs_reauth', id: connection.id }])
    expect(counted).toContain('ConnectionNeedsReauth')
    expect(await rejectToken(connection, standing, deps)).toBe('needs_reauth')
    expect(announced).toHaveLength(1)
  })

  test('ends nothing when another stands by now', async () => {
    const { connect, deps } = given()
    const connection = await connect()
    expect(await rejectToken(connection, new Secret('access-0'), deps)).toBe('newer')
    expect(await deps.vault.get(connection.tenant, connection.id)).toMatchObject({ state: 'active' })
  })

  test('ends nothing while another worker refreshes it, nor what a dead one may have left in the escrow', async () => {
    const { connect, deps, clock } = given()
    const connection = await connect()
    await deps.vault.lease(connection, 'another', later(clock.now(), 30_000))
    expect(await rejectToken(connection, standing, deps)).toBe('newer')
    await clock.advance(31_000)
    expect(await rejectToken(connection, standing, deps)).toBe('newer')
    expect(await deps.vault.get(connection.tenant, connection.id)).toMatchObject({ state: 'active' })
  })

  test('of many connections at once is an outage', async () => {
    const { connect, deps } = given()
    const outcomes: string[] = []
    for (let each = 0; each < 10; each += 1) outcomes.push(await rejectToken(await connect(), standing, deps))
    expect(outcomes.slice(4)).toEqual(Array.from({ length: 6 }, () => 'outage'))
  })

  test('of a connection that is not in use is no news', async () => {
    const { connect, deps, announced } = given()
    const connection = await connect()
    await deps.vault.disconnect(connection.tenant, connection.id)
    expect(await rejectToken(connection, standing, deps)).toBe('not_active')
    expect(announced).toEqual([])
  })
})

test('a token that never runs out is read again after five minutes, so that a disconnect ends it everywhere', async () => {
  const worker = given()
  const made = await worker.connect({
    refreshToken: undefined,
    grant: { lifetimeSeconds: undefined } as never,
  })
  expect(await worker.get(made)).toBe('access-1')
  await given().deps.vault.disconnect(made.tenant, made.id)
  expect(await worker.get(made)).toBe('access-1')
  await worker.clock.advance(minutes(5))
  expect(await worker.get(made)).toEqual({ kind: 'not_active', state: 'deleted' })
})
