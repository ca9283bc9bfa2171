import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { givenAdmin, type GivenAdmin } from '../fakes/given-admin.ts'
import { startTables, type Tables } from '../fakes/tables.ts'
import { launchBrowser } from './browser.ts'
import { serve } from './serve.ts'

let tables: Tables
let browser: Browser
let server: Awaited<ReturnType<typeof serve>>
let given: GivenAdmin
let context: BrowserContext
let page: Page
let complaints: string[]
/** What the page asked for, beside pages: `page` for a document, `live` for updates. */
let asked: string[]

beforeAll(async () => {
  ;[tables, browser, server] = await Promise.all([startTables(), launchBrowser(), serve()])
})
afterAll(() => Promise.all([browser?.close(), server?.close(), tables?.close()]))

beforeEach(async () => {
  given = await givenAdmin(tables, { clock: systemClock, changes: { publicUrl: server.url } })
  asked = []
  server.answerBy((request) => {
    const { pathname } = new URL(request.url)
    if (!pathname.includes('/assets/')) asked.push(pathname === '/console/live' ? 'live' : 'page')
    return given.app.fetch(request)
  })
  context = await browser.newContext()
  page = await context.newPage()
  complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${server.url}/console/login?link=${mintLoginLink(given.token, systemClock, systemRandom)}`)
  await page.goto(`${server.url}/console/events`)
  asked = ['page']
})
afterEach(async () => {
  await context.close()
})

test('an event that comes in appears without a reload, and is told politely', async () => {
  await page.locator('#live[data-state=live]').waitFor()
  await given.seed({ key: 'first' })
  await page.getByText('invoice.paid').waitFor()
  await given.seed({ key: 'second', type: 'charge.refunded' })
  await page.getByText('charge.refunded').waitFor()

  await expect.poll(() => page.locator('#said').textContent(), { timeout: 5_000 }).toBe('1 new event')
  expect(await page.locator('#said').getAttribute('role')).toBe('status')
  const since = asked.slice(asked.indexOf('live'))
  expect(since.every((each) => each === 'live')).toBe(true)
  expect(complaints).toEqual([])
})

test('the number of dead letters stands in the navigation, on every page', async () => {
  await given.seed({ key: 'a', status: 'dead' })
  await given.seed({ key: 'b', status: 'dead' })
  for (const path of ['/console', '/console/events', '/console/dead-letters', '/console/polls']) {
    await page.goto(server.url + path)
    await page.locator('[data-dead-count]:visible', { hasText: '2' }).waitFor()
  }
  expect(complaints).toEqual([])
})

test('the page of an event follows it until it is settled, and then asks no more', async () => {
  const id = await given.seed({ key: 'slow', status: 'retry' })
  await page.goto(`${server.url}/console/events/${id}`)
  await page.locator('#event .status.retry').waitFor()
  await page.locator('.bar #live[data-state=live]').waitFor()

  await given.seed({ key: 'slow', status: 'done' })
  await page.locator('#event .status.done').waitFor()

  await expect.poll(() => page.locator('#live').isVisible(), { timeout: 15_000 }).toBe(false)
  expect(complaints).toEqual([])
})

test('paused, nothing is asked for; going on brings what was missed', async () => {
  await page.locator('#live[data-state=live]').waitFor()
  await page.getByRole('button', { name: 'Live' }).click()
  await page.getByRole('button', { name: 'Paused' }).waitFor()
  // The script's one stream, and what would open it again.
  expect(
    await page.evaluate(`[source, document.dispatchEvent(new Event('visibilitychange')), source]`),
  ).toEqual([undefined, true, undefined])
  await given.seed({ key: 'missed', type: 'charge.refunded' })
  expect(await page.getByText('charge.refunded').count()).toBe(0)

  await page.getByRole('button', { name: 'Paused' }).click()
  await page.getByText('charge.refunded').waitFor()
})

test('a page that is hidden asks for nothing, and looks at once when it is seen again', async () => {
  await page.locator('#live[data-state=live]').waitFor()
  const show = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
      source === undefined`)
  expect(await show(true)).toBe(true)
  await given.seed({ key: 'meanwhile', type: 'charge.refunded' })
  expect(await page.getByText('charge.refunded').count()).toBe(0)
  expect(await show(false)).toBe(false)
  await page.getByText('charge.refunded').waitFor()
})

test('the button to pause fits beside everything else at 380 pixels', async () => {
  await page.setViewportSize({ width: 380, height: 740 })
  const id = await given.seed({ key: 'slow', status: 'retry' })
  for (const path of [`/console/events/${id}`, '/console/polls']) {
    await page.goto(server.url + path)
    await page.locator('.bar #live[data-state=live]').waitFor()
    expect(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`), path).toBe(true)
  }
  expect(complaints).toEqual([])
})

test('what someone has begun to choose stays chosen while the page around it changes', async () => {
  const row = (name: string) => `<form data-live-id="x"><input type="checkbox" name="${name}"></form>`
  await page.goto(`${server.url}/console/polls`)
  await page.locator('#live[data-state=live]').waitFor()
  await page.evaluate(`document.querySelector('main').insertAdjacentHTML('beforeend', '${row('a')}')`)
  await page.locator('input[name=a]').check()
  const answer = `takePage(new DOMParser().parseFromString('${row('b')}', 'text/html'))`
  await page.evaluate(answer)
  expect(await page.locator('input[name=a]').isChecked()).toBe(true)
  await page.locator('input[name=a]').uncheck()
  await page.evaluate(answer)
  expect(await page.locator('input[name=b]').count()).toBe(1)
})

test('a session that ends takes the page to the sign-in', async () => {
  await page.locator('#live[data-state=live]').waitFor()
  await context.clearCookies()
  await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
})
