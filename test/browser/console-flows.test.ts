import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { givenAdmin, type GivenAdmin } from '../fakes/given-admin.ts'
import { startTables, type Tables } from '../fakes/tables.ts'
import { launchBrowser } from './browser.ts'
import { seedRealistic, type Realistic } from './realistic.ts'
import { serve } from './serve.ts'

let tables: Tables
let browser: Browser
let server: Awaited<ReturnType<typeof serve>>
let given: GivenAdmin
let here: Realistic
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  ;[tables, browser, server] = await Promise.all([startTables(), launchBrowser(), serve()])
})
afterAll(() => Promise.all([browser?.close(), server?.close(), tables?.close()]))

beforeEach(async () => {
  given = await givenAdmin(tables, { clock: systemClock, changes: { publicUrl: server.url } })
  here = await seedRealistic(given, tables, 6)
  server.answerBy((request) => given.app.fetch(request))
  await open({})
})
afterEach(() => context.close())

async function open(options: { readonly javaScriptEnabled?: boolean }): Promise<void> {
  context = await browser.newContext(options)
  page = await context.newPage()
  complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${server.url}/console/login?link=${mintLoginLink(given.token, systemClock, systemRandom)}`)
}

const visit = (path: string) => page.goto(server.url + path)
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
const dialog = () => page.getByRole('dialog')

describe('the overview', () => {
  test('says what needs someone, and leads there', async () => {
    await page.getByText('9 events were given up.').waitFor()
    await page.getByText('A stream of github is 5 h behind.').waitFor()
    expect(await page.getByRole('img', { name: /^Events for each 1 h: from \d/ }).count()).toBe(5)

    await page.getByRole('link', { name: 'The connection' }).click()

    await page.getByText('The provider says that the grant is no longer good.').waitFor()
    expect(complaints).toEqual([])
  })

  test('tells the same in a table', async () => {
    const row = page.getByRole('row', { name: /^quickbooks/ })
    await row.waitFor()
    expect(await row.getByRole('cell').last().innerText()).toContain('4')
    expect(await page.getByRole('columnheader').allInnerTexts()).toContain('Freshness')
  })
})

describe('the events', () => {
  test('are narrowed by type and exact times', async () => {
    await visit('/console/events')
    await page.getByLabel('Type').fill('push')
    await page.getByLabel('Status').selectOption('dead')
    await page.waitForURL(/status=dead/)
    expect(await page.locator('#rows > tr').count()).toBe(1)
    expect(new URL(page.url()).searchParams.get('type')).toBe('push')

    await page.getByText('Exact times').click()
    await page.getByLabel('Until (UTC)').fill('2026-01-01T00:00')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByText('No event matches.').waitFor()
    expect(complaints).toEqual([])
  })

  test('a replay is asked about first, and Escape leaves everything as it is', async () => {
    await visit(`/console/events/${here.doneId}`)
    await button('Replay').press('Enter')
    await page.getByRole('heading', { name: 'Replay this event?' }).waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel')

    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'hidden' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Replay')
    expect(given.queued).toEqual([])

    await button('Replay').press('Enter')
    await button('Replay it').click()
    await page.getByText('Replay queued as').waitFor()
    expect(given.queued).toMatchObject([{ via: 'replay', replayOf: here.doneId }])
  })

  test('one that failed shows its way from ingest to where it stands', async () => {
    await visit(`/console/events/${here.retryId}`)
    const timeline = await page.getByRole('list').filter({ hasText: 'Ingest' }).innerText()
    for (const part of ['Ingest', 'Claim', 'Attempts', 'TimeoutError', 'handlers/first', 'tried again'])
      expect(timeline).toContain(part)
  })
})

describe('the dead letters', () => {
  test('are counted by cause, and a whole cause is redriven', async () => {
    await visit('/console/dead-letters')
    const cause = page.locator('.causes').getByRole('row', { name: /no stock/ })
    expect(await cause.innerText()).toContain('5')

    await cause.getByRole('button', { name: /^Redrive all/ }).click()
    await button('Redrive them').click()
    await page.getByText('5 events sent through again').waitFor()

    expect(given.queued).toHaveLength(5)
    expect(new Set(given.queued.map(({ type }) => type))).toEqual(new Set(['invoice.paid']))
    expect(complaints).toEqual([])
  })

  test('one is redriven from its own page', async () => {
    await visit(`/console/events/${here.deadId}`)
    await button('Redrive').click()
    await button('Redrive it').click()
    await page.getByText('1 event sent through again').waitFor()
    expect(given.queued.map(({ id }) => id)).toEqual([here.deadId])
  })
})

describe('the connections', () => {
  test('are narrowed to those that need re-connecting, and a link mends one', async () => {
    await visit('/console/connections')
    await page.getByLabel('State').selectOption('needs_reauth')
    await page.waitForURL(/state=needs_reauth/)
    expect(await page.locator('.connections tbody tr').count()).toBe(1)
    await page.getByRole('link', { name: /4620816365291/ }).click()

    await button('Make a re-connect link').click()
    const link = page.getByRole('link', { name: 'Connect here' })
    await link.waitFor()

    const address = new URL((await link.getAttribute('href')) ?? '')
    expect(address.pathname).toBe('/oauth/quickbooks/connect')
    expect(address.searchParams.get('link')).toMatch(/^[\w-]{22,}$/)
    expect(page.url()).not.toContain(address.searchParams.get('link'))
    expect(complaints).toEqual([])
  })

  test('one is deleted after a question, and says so', async () => {
    await visit(`/console/connections/${here.active}?tenant=acme`)
    await button('Delete').click()
    await dialog().getByText('Its polls stop').waitFor()
    await button('Delete it').click()
    await page.getByText('The connection is deleted.').waitFor()

    const found = await given.deps.vault.get('acme', here.active, { consistent: true })
    expect(found?.state).toBe('deleted')
    expect(await button('Delete').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test("another tenant's is not there", async () => {
    expect((await visit(`/console/connections/${here.active}?tenant=globex`))?.status()).toBe(404)
  })

  test('one shows what is read by it', async () => {
    await visit(`/console/connections/${here.active}?tenant=acme`)
    await page.getByRole('link', { name: 'quickbooks changes?entity=Invoice' }).click()
    await page.getByRole('heading', { name: 'quickbooks changes?entity=Invoice' }).first().waitFor()
  })
})

describe('the backfills', () => {
  test('show how far they are, pause, go on and are cancelled', async () => {
    await visit(`/console/polls/${here.pollId}`)
    const bar = page.getByRole('progressbar', { name: 'Read so far' }).first()
    expect(await bar.getAttribute('value')).toBe('0.44')

    await button(/^Pause/).click()
    await page.getByText('The backfill is paused.').waitFor()
    await button(/^Resume/).click()
    await page.getByText('The backfill goes on.').waitFor()
    expect(given.backfillJobs).toHaveLength(1)

    await button(/^Cancel the backfill of/).click()
    await button('Cancel the backfill').click()
    await page.getByText('The backfill is cancelled.').waitFor()
    expect(await button(/^Pause/).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('one is started for a window; what can not be read is refused in words', async () => {
    await visit(`/console/polls/${here.pollId}`)
    await page.getByLabel('Since (UTC)').fill('2026-03-01T00:00')
    await page.getByLabel('Until (UTC)').fill('2026-02-01T00:00')
    await button('Start a backfill').click()
    await page.getByRole('alert').getByText('must be before the end').waitFor()

    await page.getByLabel('Since (UTC)').fill('2026-01-01T00:00')
    await page.getByLabel('Until (UTC)').fill('2026-02-01T00:00')
    await button('Start a backfill').click()
    await page.getByText('The backfill has begun.').waitFor()
    await page.getByText('from 2026-01-01 00:00 UTC to 2026-02-01 00:00 UTC').waitFor()
    expect(given.backfillJobs).toHaveLength(1)
  })

  test('a stream is read at once by its button', async () => {
    await visit(`/console/polls/${here.pollId}`)
    await button('Read now').click()
    await page.getByText('The stream is read now').waitFor()
    expect(given.polled).toMatchObject([{ urgent: true }])
  })
})

describe('without a mouse, or without the script', () => {
  test('every section is reached, and the content at once, with the keyboard alone', async () => {
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')

    for (const name of ['Events', 'Dead letters', 'Connections', 'Polls', 'Replays', 'Audit', 'Overview']) {
      const link = page.getByRole('navigation').getByRole('link', { name: new RegExp(`^${name}( \\d+)?$`) })
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab')
        if (await link.evaluate((each) => each === each.ownerDocument.activeElement)) break
      }
      expect(await link.evaluate((each) => each.matches(':focus-visible'))).toBe(true)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name, exact: true, level: 1 }).waitFor()
      expect(await link.getAttribute('aria-current')).toBe('page')
    }
  })

  test('on a small screen the menu opens by Enter and leads on', async () => {
    await page.setViewportSize({ width: 380, height: 740 })
    await page.locator('summary', { hasText: 'Menu' }).press('Enter')
    await page.getByRole('link', { name: 'Connections', exact: true }).click()
    await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor()
  })

  test('filters, questions and buttons work without the script', async () => {
    await context.close()
    await open({ javaScriptEnabled: false })
    await visit('/console/events')
    await page.getByLabel('Status').selectOption('dead')
    await page.getByRole('button', { name: 'Filter' }).click()
    expect(await page.locator('#rows > tr').count()).toBe(9)

    await visit(`/console/events/${here.doneId}`)
    await button('Replay').click()
    await button('Replay it').click()
    await page.getByText('Replay queued as').waitFor()
    expect(given.queued).toHaveLength(1)
  })
})
