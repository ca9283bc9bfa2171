import { mkdir } from 'node:fs/promises'
import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { hours, iso, later, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { givenAdmin, type GivenAdmin } from '../fakes/given-admin.ts'
import { startTables, type Tables } from '../fakes/tables.ts'
import { launchBrowser } from './browser.ts'
import { metOutside, seedAudit, seedReplays, seedSubscriptions } from './realistic-operation.ts'
import { seedRealistic, type Realistic } from './realistic.ts'
import { serve } from './serve.ts'

let tables: Tables
let browser: Browser
let server: Awaited<ReturnType<typeof serve>>
let given: GivenAdmin
let here: Realistic
/** The policy stays as it is for people; axe alone must be put into the page. */
let withAxe: BrowserContext
let strict: BrowserContext

beforeAll(async () => {
  ;[tables, browser, server] = await Promise.all([startTables(), launchBrowser(), serve()])
  const changes = { publicUrl: server.url, ...metOutside(systemClock.now()) }
  given = await givenAdmin(tables, { clock: systemClock, changes })
  here = await seedRealistic(given, tables)
  await seedReplays(given)
  await seedAudit(given)
  await seedSubscriptions(given, tables, here.active)
  server.answerBy((request) => given.app.fetch(request))
  ;[withAxe, strict] = [await signedIn(true), await signedIn(false)]
})
afterAll(() => Promise.all([browser?.close(), server?.close(), tables?.close()]))

/** A plan is what a form answers: it has no address of its own. */
const toPlan = '#plan'
const paths: readonly (readonly [name: string, path: (ids: Realistic) => string])[] = [
  ['overview', () => '/console'],
  ['overview-hour', () => '/console?within=1h'],
  ['events', () => '/console/events'],
  ['events-exact', () => '/console/events?since=2026-01-01T00:00&until=2026-01-02T00:00'],
  ['event-done', ({ doneId }) => `/console/events/${doneId}`],
  ['event-dead', ({ deadId }) => `/console/events/${deadId}`],
  ['event-retry', ({ retryId }) => `/console/events/${retryId}`],
  ['event-none', () => `/console/events/evt_${'x'.repeat(32)}`],
  ['dead-letters', () => '/console/dead-letters?redriven=3&others=1'],
  ['dead-letters-one', () => '/console/dead-letters?reason=conflict&refused=nothing'],
  ['connections', () => '/console/connections'],
  ['connections-none', () => '/console/connections?tenant=nobody'],
  ['connection', ({ active }) => `/console/connections/${active}?tenant=acme`],
  ['connection-broken', ({ broken }) => `/console/connections/${broken}?tenant=globex&did=refresh`],
  ['polls', () => '/console/polls'],
  ['poll', ({ pollId }) => `/console/polls/${pollId}?did=pause`],
  ['poll-none', () => '/console/polls/nothing'],
  ['replays', () => '/console/replays?did=pause'],
  ['replays-plan', () => `/console/replays${toPlan}`],
  ['limits', () => '/console/limits'],
  ['limits-of-tenant', () => '/console/limits?tenant=acme&refused=moved'],
  ['audit', () => '/console/audit'],
  ['audit-none', () => '/console/audit?actor=nobody'],
  ['not-found', () => '/console/nothing'],
]

const looks = [
  ['light', { colorScheme: 'light', width: 1_280, height: 800 }],
  ['dark', { colorScheme: 'dark', width: 1_280, height: 800 }],
  ['small', { colorScheme: 'light', width: 380, height: 740 }],
  ['small-dark', { colorScheme: 'dark', width: 380, height: 740 }],
] as const

/** Where pictures of every page go, for people to look at; none are made without it. */
const pictures = process.env['CONSOLE_PICTURES']

async function signedIn(bypassCSP: boolean): Promise<BrowserContext> {
  const context = await browser.newContext({ bypassCSP, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${server.url}/console/login?link=${mintLoginLink(given.token, systemClock, systemRandom)}`)
  await page.close()
  return context
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(server.url + path)
  if (!path.endsWith(toPlan)) return
  await page.getByLabel('Received since (UTC)').fill(iso(later(systemClock.now(), 0 - hours(9))).slice(0, 16))
  await page.getByLabel('Tenant').fill('acme')
  await page.getByRole('button', { name: 'Plan it' }).click()
  await page.getByText('nothing is queued yet').waitFor()
}

async function lookAt(page: Page, { colorScheme, width, height }: (typeof looks)[number][1]): Promise<void> {
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ colorScheme })
}

interface Finding {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}
const run = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`

/** No sideways scrolling, and nothing that is cut off by what it stands in; the payload scrolls by itself. */
const fits = `document.documentElement.scrollWidth <= innerWidth &&
  [...document.querySelectorAll('main :not(.json *, thead, thead *, .heard, details:not([open]) *)')]
    .every((each) => each.getBoundingClientRect().right <= innerWidth)`

describe.each(paths)('%s', (title, path) => {
  test('axe finds nothing in it: light and dark, wide and small', async () => {
    const page = await withAxe.newPage()
    await open(page, path(here))
    await page.evaluate(axe.source)
    for (const [name, look] of looks) {
      await lookAt(page, look)
      const found = await page.evaluate<Finding[]>(run)
      const told = found.map(({ id, nodes }) => [
        id,
        ...nodes.map(({ html, failureSummary }) => html + failureSummary),
      ])
      expect.soft(told, name).toEqual([])
    }
    await page.close()
  })

  test('it keeps to its policy, and fits', async () => {
    const page = await strict.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await open(page, path(here))
    for (const [name, look] of looks) {
      await lookAt(page, look)
      expect.soft(await page.evaluate(fits), name).toBe(true)
      if (!pictures) continue
      await mkdir(pictures, { recursive: true })
      await page.screenshot({ path: `${pictures}/${title}-${name}.png`, fullPage: true })
    }
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
    await page.close()
  })
})
