import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { startStackProcess, temporaryHome, type StackProcess } from '#test/e2e/local-process.ts'
import { launchBrowser } from './browser.ts'

let browser: Browser
let stack: StackProcess
let place: Awaited<ReturnType<typeof temporaryHome>>
let page: Page

beforeAll(async () => {
  place = await temporaryHome()
  const env = { SLUICE_SCHEDULE_SECONDS: '2', SLUICE_MISSED_GRACE_SECONDS: '3' }
  ;[browser, stack] = await Promise.all([launchBrowser(), startStackProcess(place.home, place.dataDir, env)])
  page = await (await browser.newContext({ viewport: { width: 1_280, height: 800 } })).newPage()
})
afterAll(async () => {
  await stack?.end('SIGKILL')
  await browser?.close()
  await place?.remove()
})

/** Signs in at the sandbox, and lets Sluice in. */
async function connect(name: string): Promise<void> {
  const { url, adminToken } = stack.file
  const answer = await fetch(`${url}/api/connect-links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'sandbox', tenant: 'acme' }),
  })
  await page.goto(((await answer.json()) as { url: string }).url)
  await page.fill('input[name=login]', name)
  await page.fill('input[name=password]', 'any')
  await page.click('button[type=submit]')
  await page.click('button[type=submit]')
  await page.getByText('Connected').first().waitFor()
}

/** The numbers of the sandbox's row, as someone reads them who loads the page now. */
async function figures(): Promise<Readonly<Record<'found' | 'missed', string | undefined>> | undefined> {
  await page.goto(`${stack.file.url}/console/polls?provider=sandbox`)
  const cells = page.locator('table.polls tbody tr .c-figure')
  if ((await cells.count()) === 0) return undefined
  const [, found, missed] = (await cells.allInnerTexts()).map((text) => /\d+/.exec(text)?.[0])
  return { found, missed }
}

test('the console shows what the sandbox lost as found by its poll, and as missed by webhooks', async () => {
  const secret = new Secret(stack.file.adminToken)
  await page.goto(`${stack.file.url}/console/login?link=${mintLoginLink(secret, systemClock, systemRandom)}`)
  await connect('alice')
  await expect.poll(figures, { timeout: 60_000 }).toBeDefined()

  const made = await fetch(`${stack.file.sandbox}/control/changes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count: 12, drop: 4 }),
  })
  expect(await made.json()).toMatchObject({ webhooks: { delivered: 8, dropped: 4 } })
  await figures()
  await page.getByRole('button', { name: 'Read sandbox changes now' }).click()
  await page.getByText('The stream is read now').waitFor()

  await expect.poll(figures, { timeout: 150_000 }).toMatchObject({ missed: '4' })
  expect(Number((await figures())?.found)).toBeGreaterThanOrEqual(4)
  await page.goto(`${stack.file.url}/console/events?provider=sandbox`)
  await expect.poll(() => page.locator('#rows > tr').count()).toBe(12)
}, 300_000)

test('every page answers under the rights that the function has', async () => {
  await page.goto(`${stack.file.url}/console`)
  const links = page.locator('.beside nav a')
  const paths = await links.evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''))
  expect(paths).toHaveLength(8)
  for (const path of paths) expect((await page.goto(stack.file.url + path))?.status(), path).toBe(200)
  for (const list of ['connections', 'polls', 'events']) {
    await page.goto(`${stack.file.url}/console/${list}`)
    const first = page.locator('tbody .c-event a').first()
    const path = (await first.getAttribute('href')) ?? ''
    expect((await page.goto(stack.file.url + path))?.status(), path).toBe(200)
  }
  await page.goto(`${stack.file.url}/console/limits?tenant=acme`)
  await page.getByRole('heading', { name: 'Rate limits' }).waitFor()
}, 60_000)

test('a page in a browser can not tell the sandbox anything', async () => {
  const sandbox = stack.file.sandbox
  await page.goto(`${stack.file.url}/console/polls`)
  const outcome = await page.evaluate<string>(
    `fetch('${sandbox}/control/changes', { method: 'POST', mode: 'no-cors', body: '{"count":1}' }).then(() => 'sent', () => 'refused')`,
  )
  expect(['sent', 'refused']).toContain(outcome)
  const answer = await page.goto(`${sandbox}/control`)
  expect(answer?.status()).toBe(403)
  const state = (await (await fetch(`${sandbox}/control`)).json()) as { changes: number }
  expect(state.changes).toBe(12)
}, 60_000)
