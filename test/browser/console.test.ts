import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { phaseFor } from '#lib/polling/phases.ts'
import { dynamoPolls } from '#lib/polling/polls.dynamo.ts'
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
/** What the browser complained about. A broken policy for content is among it. */
let complaints: string[]

beforeAll(async () => {
  ;[tables, browser, server] = await Promise.all([startTables(), launchBrowser(), serve()])
})
afterAll(() => Promise.all([browser?.close(), server?.close(), tables?.close()]))

const loginAddress = (): string =>
  `${server.url}/console/login?link=${mintLoginLink(given.token, systemClock, systemRandom)}`

beforeEach(async () => {
  given = await givenAdmin(tables, { clock: systemClock, changes: { publicUrl: server.url } })
  server.answerBy((request) => given.app.fetch(request))
  context = await browser.newContext()
  page = await context.newPage()
  complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
})
afterEach(async () => {
  await context.close()
})

/** A page may take its time to come. */
const patient = { timeout: 10_000 }

/** Signs in, and goes to the events. */
async function openEvents(): Promise<void> {
  await page.goto(loginAddress())
  await page.getByRole('link', { name: 'Events', exact: true }).click()
  await page.getByRole('heading', { name: 'Events' }).waitFor()
}

const rows = () => page.locator('#rows > tr')
/** No sideways scrolling, and nothing that is cut off by what it stands in; the payload scrolls by itself. */
const fits = () =>
  page.evaluate<boolean>(`document.documentElement.scrollWidth <= innerWidth &&
    [...document.querySelectorAll('main :not(.json *, thead, thead *, .heard, details:not([open]) *)')]
      .every((each) => each.getBoundingClientRect().right <= innerWidth)`)

describe('the events', () => {
  test('an empty console tells what to try, and shows the first event as it arrives', async () => {
    await openEvents()
    await expect.poll(() => page.getByText('npx sluice send stripe').isVisible()).toBe(true)

    await given.seed({ key: 'evt_first', type: 'payment_intent.succeeded' })

    await page.getByText('payment_intent.succeeded').waitFor()
    expect(await page.getByText('npx sluice send stripe').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('new events come in on top, and a state that changes is shown where it stands', async () => {
    await given.seed({ key: 'old', type: 'invoice.created', age: 60_000 })
    const waiting = await given.seed({
      key: 'waiting',
      type: 'invoice.voided',
      status: 'claimed',
      age: 30_000,
    })
    await openEvents()
    await page.locator(`#${waiting} .status`, { hasText: 'claimed' }).waitFor()

    await given.seed({ key: 'new', type: 'invoice.paid' })
    await rows().first().getByText('invoice.paid').waitFor()

    expect(await rows().count()).toBe(3)
    expect(await rows().last().innerText()).toContain('invoice.created')
    expect(complaints).toEqual([])
  })

  test('after a burst the list is the newest hundred, and leads to the others', async () => {
    await given.seed({ key: 'first', age: 60_000 })
    await openEvents()
    await page.locator('#live[data-state=live]').waitFor()

    const since = systemClock.now()
    const ages = Array.from({ length: 130 }, (_, index) => index)
    await mapBounded(ages, 8, (index) => {
      const age = systemClock.now() - since + index * 5
      return given.seed({ key: `k${index}`, type: `burst.${index}`, age })
    })

    await page.getByRole('link', { name: 'Older events' }).waitFor()
    // Before that the link still leads on from a list that was cut while the burst came in.
    await rows().nth(99).getByText('burst.99').waitFor()
    await expect.poll(() => rows().count(), patient).toBe(100)
    await page.getByRole('link', { name: 'Older events' }).click()
    await expect.poll(() => rows().count(), patient).toBe(31)
  })

  test('a paused list takes nothing in until it goes on', async () => {
    await given.seed({ key: 'one' })
    await openEvents()
    await page.getByRole('button', { name: 'Live' }).click()
    await page.getByRole('button', { name: 'Paused' }).waitFor()

    await given.seed({ key: 'two', type: 'charge.refunded' })
    await page.getByRole('button', { name: 'Paused' }).click()

    await page.getByText('charge.refunded').waitFor()
    expect(await rows().count()).toBe(2)
  })

  test('filters narrow by provider, status and tenant, with the keyboard alone', async () => {
    await given.seed({ key: 'a', provider: 'stripe', tenant: 'acme' })
    await given.seed({ key: 'b', provider: 'github', tenant: 'acme', type: 'push' })
    await given.seed({ key: 'c', provider: 'github', tenant: 'umbrella', type: 'push', status: 'dead' })
    await openEvents()
    expect(await rows().count()).toBe(3)

    await page.getByLabel('Provider').focus()
    await page.keyboard.type('github')
    await expect.poll(() => rows().count(), patient).toBe(2)
    await page.getByLabel('Tenant').focus()
    await page.keyboard.type('umbrella')
    await page.keyboard.press('Enter')
    await expect.poll(() => rows().count(), patient).toBe(1)

    expect(await rows().innerText()).toContain('dead')
    expect(new URL(page.url()).searchParams.get('tenant')).toBe('umbrella')
  })
})

describe('one event', () => {
  test("shows where it stands and its payload without what is nobody else's business", async () => {
    const canaries = { email: 'canary@example.com', password: 'canary-password', card: '4242424242424242' }
    const body = JSON.stringify({ id: 'evt_9', amount: 1_250, note: canaries.card, ...canaries })
    await given.seed({ key: 'evt_9', body })
    await openEvents()
    await rows().first().getByRole('link').click()

    await page.getByRole('heading', { name: 'stripe invoice.paid' }).waitFor()
    const text = await page.locator('main').innerText()
    expect(text).toContain('"amount": 1250')
    expect(text).toContain('[redacted]')
    for (const canary of Object.values(canaries)) expect(await page.content()).not.toContain(canary)
    expect(complaints).toEqual([])
  })

  test('what a sender wrote stays text, wherever it is shown', async () => {
    const evil = '<img src=x onerror=alert(1)></script><script>alert(2)</script>\u001b[31m'
    const body = JSON.stringify({ [evil]: evil, deep: [evil] })
    const id = await given.seed({ key: evil, type: evil, body, status: 'dead', reason: `boom ${evil}` })

    await openEvents()
    await page.getByText('onerror=alert(1)').first().waitFor()
    for (const path of ['/console/events', '/console/dead-letters', `/console/events/${id}`]) {
      await page.goto(server.url + path)
      await page.getByText('onerror=alert(1)').first().waitFor()
      expect(await page.locator('main img, main script').count()).toBe(0)
    }
    expect(complaints).toEqual([])
  })

  test('the replay button sends it through again', async () => {
    const id = await given.seed({ key: 'evt_again' })
    await openEvents()
    await page.goto(`${server.url}/console/events/${id}`)

    await page.getByRole('button', { name: 'Replay' }).click()
    expect(given.queued).toEqual([])
    await page.getByRole('button', { name: 'Replay it' }).click()
    await page.getByText('Replay queued as').waitFor()

    expect(given.queued).toHaveLength(1)
    expect(given.queued[0]).toMatchObject({ via: 'replay', replayOf: id, deliveryKey: 'evt_again' })
    expect(complaints).toEqual([])
  })
})

describe('the dead letters', () => {
  test('are listed with their reason and sent through again', async () => {
    const ids = await Promise.all(
      ['a', 'b'].map((key) => given.seed({ key, status: 'dead', reason: 'HandlerError: no stock' })),
    )
    await given.seed({ key: 'c', status: 'dead', reason: 'conflict' })
    await page.goto(loginAddress())
    await page.getByRole('navigation').getByRole('link', { name: 'Dead letters' }).click()

    await page.getByRole('link', { name: 'HandlerError: no stock' }).first().click()
    await expect.poll(() => page.locator('.dead-letters tbody tr').count(), patient).toBe(2)
    await page.getByLabel('Select all on this page').check()
    await page.getByRole('button', { name: 'Redrive selected' }).click()
    await page.getByText('2 events sent through again').waitFor()

    expect(given.queued.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    expect(given.queued.every(({ redrive }) => redrive !== undefined)).toBe(true)
    expect(complaints).toEqual([])
  })

  test('nothing selected sends nothing, and says so', async () => {
    await given.seed({ key: 'a', status: 'dead' })
    await page.goto(loginAddress())
    await page.goto(`${server.url}/console/dead-letters`)

    await page.getByRole('button', { name: 'Redrive selected' }).click()
    await page.getByText('Select the events to redrive first.').waitFor()

    expect(given.queued).toEqual([])
  })
})

describe('getting in', () => {
  test('a link signs in once; used again it says what to do', async () => {
    const link = loginAddress()
    await page.goto(link)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()

    const other = await browser.newContext()
    const stranger = await other.newPage()
    const answer = await stranger.goto(link)

    expect(answer?.status()).toBe(410)
    expect(await stranger.locator('main').innerText()).toMatch(/has been used.*npm start/s)
    await other.close()
  })

  test('who is not signed in sees how to get a link, and signing out ends the session', async () => {
    await page.goto(loginAddress())
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()

    const answer = await page.goto(`${server.url}/console/dead-letters`)
    expect(answer?.status()).toBe(401)
    expect(await page.locator('main').innerText()).toContain('npm start')
  })
})

describe('what the page may run', () => {
  test('a script that gets into it does not run, and the browser says why', async () => {
    await page.goto(loginAddress())

    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'ran = 1' }))`,
    )

    expect(await page.evaluate(`typeof ran`)).toBe('undefined')
    expect(complaints.join()).toContain('Content Security Policy')
  })
})

describe('on a small screen', () => {
  test('no page scrolls sideways at 380 pixels', async () => {
    await page.setViewportSize({ width: 380, height: 740 })
    const wide = 'a_very_long_event_type_without_any_place_to_break_it'.repeat(3)
    const id = await given.seed({
      key: wide,
      type: wide,
      body: JSON.stringify({ [wide]: wide }),
      status: 'dead',
    })
    await page.goto(`${server.url}/console`)
    expect(await fits()).toBe(true)
    await page.goto(loginAddress())
    const poll = { connection: `conn_${'0'.repeat(32)}`, stream: `messages?channel=${wide}` }
    await dynamoPolls({ client: tables.client, table: given.connectionsTable, clock: systemClock }).create({
      ...poll,
      tenant: 'a-tenant-with-a-rather-long-name-of-its-own',
      provider: 'slack',
      endpoint: 'slack',
      phase: phaseFor(poll, 15),
      watermark: { text: wide, at: systemClock.now() },
      createdAt: systemClock.now(),
    })
    const paths = [
      '/console',
      '/console/dead-letters',
      '/console/polls',
      '/console/polls?tenant=nobody',
      `/console/events/${id}?queued=${id}`,
    ]
    for (const path of paths) {
      await page.goto(server.url + path)
      expect(await fits(), path).toBe(true)
    }
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
  })
})
