import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Handler } from '#lib/processing/handler.ts'
import { mockProvider } from '#lib/testing/mock-provider.ts'
import { testing } from '#lib/testing/testing.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const document = readFileSync(join(root, 'docs', 'newest.md'), 'utf8')
const [code = ''] = [...document.matchAll(/```ts\n(.*?)```/gs)].map(([, each = '']) => each)

let room: string
let handlers: { readonly told: Handler; readonly found: Handler }
beforeAll(async () => {
  room = mkdtempSync(join(import.meta.dirname, 'newest-'))
  const file = join(room, 'example.ts')
  writeFileSync(file, code)
  handlers = (await import(file)) as typeof handlers
})
afterAll(() => rmSync(room, { recursive: true }))

/** A store of invoices with ETags; `meanwhile` writes between a read and the write that follows it. */
function books(meanwhile?: { version: string; total: number }) {
  const rows = new Map<string, { readonly text: string; readonly etag: string }>()
  let writes = 0
  const put = (url: string, text: string) => {
    writes += 1
    rows.set(url, { text, etag: `"${writes}"` })
  }
  const fetch = (async (input, init = {}) => {
    const url = input as string
    const row = rows.get(url)
    const headers = new Headers(init.headers)
    if (init.method !== 'PUT') {
      const answer = row ? new Response(row.text, { headers: { etag: row.etag } }) : undefined
      if (meanwhile) put(url, JSON.stringify(meanwhile))
      meanwhile = undefined
      return answer ?? new Response(null, { status: 404 })
    }
    const fits = headers.has('if-none-match') ? !row : headers.get('if-match') === row?.etag
    if (fits) put(url, init.body as string)
    return new Response(null, { status: fits ? 204 : 412 })
  }) as typeof globalThis.fetch
  const kept = () => JSON.parse(rows.get('https://books.example.com/invoices/95')?.text ?? 'null') as unknown
  return { fetch, kept, writes: () => writes }
}

const invoice = (SyncToken: string, TotalAmt: number) => ({ Id: '95', SyncToken, TotalAmt })
const poll = (version: string, total: number) =>
  ({ type: 'quickbooks.Invoice', data: invoice(version, total), version, via: 'poll' }) as const
const webhook = { type: 'quickbooks.qbo.invoice.updated.v1', data: { intuitentityid: '95' } }

function quickbooks(current: () => object) {
  const mock = mockProvider('quickbooks', {
    routes: (answer) => ({ 'GET /invoice/95': () => answer.json({ Invoice: current() }) }),
  })
  return testing.connections({ quickbooks: mock })
}

test('has an example that type-checks', () => {
  const settings = join(room, 'tsconfig.json')
  writeFileSync(settings, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [room] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  expect(() => execFileSync(process.execPath, [tsc, '-p', settings], { stdio: 'pipe' })).not.toThrow()
}, 60_000)

test('a stale poll does not overtake a fresh webhook', async () => {
  const store = books()
  const sluice = quickbooks(() => invoice('10', 200))
  await testing.invoke(handlers.told, webhook, { fetch: store.fetch, sluice })
  await testing.invoke(handlers.found, poll('9', 100), { fetch: store.fetch })
  expect(store.kept()).toEqual({ version: '10', total: 200 })
  await testing.invoke(handlers.found, poll('11', 300), { fetch: store.fetch })
  expect(store.kept()).toEqual({ version: '11', total: 300 })
})

test('the same version twice is written once', async () => {
  const store = books()
  for (let times = 0; times < 2; times += 1)
    await testing.invoke(handlers.found, poll('3', 100), { fetch: store.fetch })
  expect(store.writes()).toBe(1)
})

test('what another handler wrote in between stands, and the event is tried again', async () => {
  const store = books({ version: '12', total: 400 })
  const run = () => testing.invoke(handlers.found, poll('11', 300), { fetch: store.fetch })
  await expect(run()).rejects.toThrow('the books answered 412')
  await run()
  expect(store.kept()).toEqual({ version: '12', total: 400 })
})

test('a deletion asks for nothing', async () => {
  const store = books()
  const event = { ...webhook, type: 'quickbooks.qbo.invoice.deleted.v1' }
  await testing.invoke(handlers.told, event, { fetch: store.fetch, sluice: quickbooks(() => ({})) })
  expect(store.kept()).toBeNull()
})

test('names every provider with thin notifications', async () => {
  const { providers } = await import('#lib/providers/catalog.ts')
  for (const { displayName, api } of providers)
    if (api?.thin) expect(document).toContain(`| ${displayName.replace(' Online', '')}`)
})
