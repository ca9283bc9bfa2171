import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '#lib/admin/operations.ts'
import { givenAdmin } from '#test/fakes/given-admin.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

async function givenLink() {
  const admin = await givenAdmin(tables)
  const made = await admin.api('/api/connect-links', { provider: 'sandbox', tenant: 'acme' })
  expect(made.status).toBe(201)
  const link = operations.createConnectLink.answer.parse(await made.json())
  return { admin, link }
}

test('a link is known to the API by an id that does not open it', async () => {
  const { admin, link } = await givenLink()
  expect(link.url).toMatch(/^https:\/\/sluice\.test\/oauth\/sandbox\/connect\?link=[\w-]{22}$/)
  expect(link.url).not.toContain(link.id.slice(5))
  const answer = await admin.api(`/api/connect-links/${link.id}?tenant=acme`)
  expect(answer.status).toBe(200)
  expect(operations.getConnectLink.answer.parse(await answer.json())).toEqual({
    id: link.id,
    tenant: 'acme',
    provider: 'sandbox',
    status: 'open',
    connection: null,
    reason: null,
    expiresAt: link.expiresAt,
  })
})

test('another tenant, another id, and the link itself find nothing', async () => {
  const { admin, link } = await givenLink()
  const opener = new URL(link.url).searchParams.get('link') ?? ''
  for (const path of [
    `${link.id}?tenant=globex`,
    `link_${'x'.repeat(43)}?tenant=acme`,
    `link_${opener}?tenant=acme`,
    `${opener}?tenant=acme`,
  ])
    expect((await admin.api(`/api/connect-links/${path}`)).status).toBe(404)
  expect((await admin.api(`/api/connect-links/${link.id}`)).status).toBe(400)
})
