import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { eventually, startStackProcess, temporaryHome, type StackProcess } from './local-process.ts'
import { signInOverHttp } from './sign-in.ts'

const repository = join(import.meta.dirname, '..', '..')

let stack: StackProcess | undefined
let place: Awaited<ReturnType<typeof temporaryHome>> | undefined
afterEach(async () => {
  await stack?.end('SIGKILL')
  await place?.remove()
})

interface Asking {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function connected() {
  place = await temporaryHome()
  stack = await startStackProcess(place.home, place.dataDir, { SLUICE_SANDBOX_TOKEN_SECONDS: '8' })
  const { url, adminToken } = stack.file
  const api = (path: string, { headers = {}, ...init }: Asking = {}) =>
    fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${adminToken}`, ...headers } })
  const wanted = JSON.stringify({ provider: 'sandbox', tenant: 'acme' })
  const headers = { 'content-type': 'application/json' }
  const made = await api('/api/connect-links', { method: 'POST', body: wanted, headers })
  const link = (await made.json()) as { url: string }
  expect(await signInOverHttp(link.url, 'alice')).toContain('Connected')
  const list = (await (await api('/api/connections?tenant=acme')).json()) as {
    items: { id: string; obtainedAt: string }[]
  }
  return { api, id: list.items[0]?.id ?? '', obtainedAt: list.items[0]?.obtainedAt ?? '', home: place.home }
}

interface Listed {
  readonly items: readonly { readonly obtainedAt: string }[]
}

test("the sandbox provider's API is called through the proxy, with a token that is refreshed on the way", async () => {
  const { api, id, obtainedAt, home } = await connected()
  const first = await api(`/proxy/${id}/me`)
  expect([first.status, first.headers.get('sluice-answer')]).toEqual([200, 'provider'])
  expect(await first.json()).toEqual({ sub: 'alice' })
  expect([first.headers.get('sluice-attempts'), first.headers.get('sluice-source')]).toEqual(['1', 'live'])

  // Every call has a good token, over the end of the first one.
  await eventually('the token was refreshed', async () => {
    const answer = await api(`/proxy/${id}/me`)
    expect([answer.status, await answer.json()]).toEqual([200, { sub: 'alice' }])
    const { items } = (await (await api('/api/connections?tenant=acme')).json()) as Listed
    return items[0]?.obtainedAt === obtainedAt ? undefined : items
  })

  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(repository, 'cli', 'sluice.mjs'), 'call', id, '/me', '--json', '--url', stack?.file.url ?? ''],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        SLUICE_DATA_DIR: join(home, 'none'),
        SLUICE_ADMIN_TOKEN: stack?.file.adminToken ?? '',
      },
    },
  )
  expect(JSON.parse(stdout)).toMatchObject({ status: 200, source: 'live', body: { sub: 'alice' } })

  expect((await api(`/proxy/${id}/nowhere`)).status).toBe(404)
  expect((await api(`/proxy/${id}/%2e%2e%2f`)).headers.get('sluice-answer')).toBe('sluice')
  expect((await fetch(`${stack?.file.url}/proxy/${id}/me`)).status).toBe(401)
  await api(`/api/connections/${id}?tenant=acme`, { method: 'DELETE' })
  const ended = await api(`/proxy/${id}/me`)
  expect([ended.status, ended.headers.get('sluice-cause')]).toEqual([409, 'deleted'])
}, 120_000)
