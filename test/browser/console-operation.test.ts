import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { hours, iso, later, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { givenAdmin, type GivenAdmin } from '../fakes/given-admin.ts'
import { startTables, type Tables } from '../fakes/tables.ts'
import { launchBrowser } from './browser.ts'
import { metOutside, seedReplays } from './realistic-operation.ts'
import { serve } from './serve.ts'

let tables: Tables
let browser: Browser
let server: Awaited<ReturnType<typeof serve>>
let given: GivenAdmin
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  ;[tables, browser, server] = await Promise.all([startTables(), launchBrowser(), serve()])
})
afterAll(() => Promise.all([browser?.close(), server?.close(), tables?.close()]))

beforeEach(async () => {
  const changes = { publicUrl: server.url, ...metOutside(systemClock.now()) }
  given = await givenAdmin(tables, { clock: systemClock, changes })
  server.answerBy((request) => given.app.fetch(request))
  context = await browser.newContext()
  page = await context.newPage()
  complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${server.url}/console/login?link=${mintLoginLink(given.token, systemClock, systemRandom)}`)
})
afterEach(() => context.close())

const button = (name: string) => page.getByRole('button', { name, exact: true })

test('a stretch of time is planned, and replayed after a question', async () => {
  await given.seed({ key: 'a', tenant: 'acme', status: 'dead', age: hours(1) })
  await page.getByRole('link', { name: 'Replays', exact: true }).click()
  await page.getByLabel('Received since (UTC)').fill(iso(later(systemClock.now(), 0 - hours(3))).slice(0, 16))
  await page.getByLabel('Tenant').fill('acme')
  await button('Plan it').click()
  await page.getByRole('heading', { name: 'The plan: nothing is queued yet' }).waitFor()
  expect(given.replayJobs).toEqual([])

  await button('Start this replay').click()
  await button('Start it').click()
  await page.getByText('The replay has begun.').waitFor()
  await page.getByRole('heading', { name: 'every provider of acme' }).waitFor()
  expect(given.replayJobs).toHaveLength(1)

  await button('Cancel').click()
  await button('Cancel the replay').click()
  await page.getByText('The replay is cancelled.').waitFor()
  expect(complaints).toEqual([])
})

test('how far a replay is follows by itself; a question that is open waits for its answer', async () => {
  await seedReplays(given)
  await page.goto(`${server.url}/console/replays`)
  const { replays } = given.deps.replaying
  const move = async (queued: number): Promise<void> => {
    const running = (await replays.list()).find(
      ({ state, tenant }) => state === 'running' && tenant === 'acme',
    )
    if (!running) throw new Error('not there')
    await replays.save({ ...running, counts: { ...running.counts, queued } }, 'z'.repeat(22))
  }
  await move(700)
  await page.getByText('700 queued').waitFor()

  await button('Cancel').first().click()
  await page.getByRole('dialog').waitFor()
  await move(800)
  const turn = page.waitForResponse((response) => response.url().includes('/console/live'))
  await (await turn).finished()
  expect(await page.getByText('700 queued').count()).toBe(1)
  await page.keyboard.press('Escape')
  await move(900)
  await page.getByText('900 queued').waitFor()
  expect(complaints).toEqual([])
})

test('an open breaker is reset after a question', async () => {
  await page.getByRole('link', { name: 'Limits and breakers' }).click()
  await page.getByRole('row', { name: /^open slack 37 of 40/ }).waitFor()
  await button('Reset the breaker of slack').click()
  await button('Reset it').click()
  await page.getByText('The breaker is closed: calls go through.').waitFor()
  await page.getByRole('row', { name: /^closed slack/ }).waitFor()
  expect(complaints).toEqual([])
})
