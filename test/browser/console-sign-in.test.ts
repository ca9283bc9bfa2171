import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { httpsIssuerKeys } from '#lib/access/issuer-keys.https.ts'
import { httpsIssuer } from '#lib/access/issuer.https.ts'
import { compileOidc } from '#lib/config/oidc.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { givenAdmin, type GivenAdmin } from '../fakes/given-admin.ts'
import { startOidcServer, type OidcServer } from '../fakes/oidc-server.ts'
import { startTables, type Tables } from '../fakes/tables.ts'
import { launchBrowser } from './browser.ts'
import { serve } from './serve.ts'

const clientId = 'sluice-console'
const people = {
  ada: { roles: ['admin'], tenants: ['acme', 'umbrella'] },
  vera: { roles: ['viewer'], tenants: ['acme'] },
  nobody: { roles: [], tenants: ['acme'] },
}
let tables: Tables
let browser: Browser
let server: Awaited<ReturnType<typeof serve>>
let identity: OidcServer
let given: GivenAdmin
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  ;[tables, browser, server] = await Promise.all([startTables(), launchBrowser(), serve()])
  identity = await startOidcServer(clientId, server.url, people)
})
afterAll(() => Promise.all([browser?.close(), server?.close(), identity?.close(), tables?.close()]))

beforeEach(async () => {
  const { issuer } = identity
  const config = compileOidc({
    issuer,
    audience: 'https://sluice.example.com',
    tenantsClaim: 'tenants',
    console: { clientId },
  })
  const console = config.console ?? { clientId, scopes: [], clientAuth: 'none' }
  const tools = { fetch, clock: systemClock, log: () => {} }
  given = await givenAdmin(tables, {
    clock: systemClock,
    changes: {
      publicUrl: server.url,
      people: { config, clock: systemClock, keys: httpsIssuerKeys(config, tools) },
      issuer: httpsIssuer({ issuer, console }, { ...tools, secret: () => Promise.resolve(undefined) }),
    },
  })
  server.answerBy((request) => given.app.fetch(request))
  context = await browser.newContext()
  page = await context.newPage()
  complaints = []
  page.on('console', (message) => {
    if (/policy/i.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
})
afterEach(async () => {
  await context.close()
})

/** From the console's own page, through the sign-in and the consent of the identity provider, and back. */
async function signIn(name: string): Promise<void> {
  await page.goto(`${server.url}/console`)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.locator('input[name=login]').fill(name)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}
const sessionCookie = async () => (await context.cookies()).find(({ name }) => name === 'sluice')

test('a person signs in at the identity provider, sees what is theirs and signs out of both', async () => {
  await given.seed({ key: 'a', tenant: 'acme', type: 'of.acme' })
  await given.seed({ key: 'b', tenant: 'elsewhere', type: 'of.elsewhere' })
  await signIn('ada')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()

  expect(page.url()).toBe(`${server.url}/console`)
  expect(await page.content()).not.toContain('elsewhere')
  await page.getByRole('link', { name: 'Events', exact: true }).click()
  await page.getByText('of.acme').waitFor()
  expect(await page.content()).not.toContain('elsewhere')
  expect(await sessionCookie()).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('sluice-sign-in')

  await page.getByText('of.acme').click()
  await page.getByRole('button', { name: 'Replay' }).click()
  await page.getByRole('button', { name: 'Replay it' }).click()
  await page.getByText('Replay queued as').waitFor()
  expect(given.queued).toHaveLength(1)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: /yes/i }).click()
  await page.waitForURL(`${server.url}/console/signed-out**`)
  expect(await sessionCookie()).toBeUndefined()
  expect((await page.goto(`${server.url}/console`))?.status()).toBe(401)
  // The identity provider has forgotten them too: it asks who they are.
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.locator('input[name=login]').waitFor()
  expect(complaints).toEqual([])
})

test('a viewer finds nothing to press but the way out', async () => {
  const id = await given.seed({ key: 'a', tenant: 'acme', status: 'dead' })
  await signIn('vera')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  for (const path of ['/console/dead-letters', `/console/events/${id}`, '/console/polls']) {
    await page.goto(server.url + path)
    const buttons = await page.locator('form[method=post] button:visible').allInnerTexts()
    expect(buttons, path).toEqual(['Sign out'])
  }
  expect(complaints).toEqual([])
})

test('a person without a role here gets no session', async () => {
  await signIn('nobody')
  await page.getByRole('heading', { name: 'You have no role here' }).waitFor()
  expect(await sessionCookie()).toBeUndefined()
})

test('a callback opened again, or in another browser, signs nobody in', async () => {
  const seen: string[] = []
  page.on('request', (request) => seen.push(request.url()))
  await signIn('ada')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const callback = seen.find((url) => url.includes('/console/callback?')) ?? ''

  const other = await browser.newContext()
  for (const [where, title] of [
    [page, 'was not begun here'],
    [await other.newPage(), 'was not begun here'],
  ] as const) {
    const answer = await where.goto(callback)
    expect(answer?.status()).toBe(400)
    await where.getByText(title).waitFor()
  }
  expect(await other.cookies()).toEqual([])
  await other.close()
})
