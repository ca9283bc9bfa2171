import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startStackProcess, temporaryHome, type StackProcess } from '#test/e2e/local-process.ts'
import { launchBrowser } from './browser.ts'

let browser: Browser
let stack: StackProcess
let place: Awaited<ReturnType<typeof temporaryHome>>
let page: Page

beforeAll(async () => {
  place = await temporaryHome()
  ;[browser, stack] = await Promise.all([launchBrowser(), startStackProcess(place.home, place.dataDir)])
})
afterAll(async () => {
  await stack.end('SIGTERM')
  await browser.close()
  await place.remove()
})
beforeEach(async () => {
  page = await (await browser.newContext()).newPage()
})

async function api<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const { url, adminToken } = stack.file
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  return (await response.json()) as T
}

const newLink = async (more: object = {}): Promise<string> =>
  (await api<{ url: string }>('/api/connect-links', 'POST', { provider: 'sandbox', tenant: 'acme', ...more }))
    .url

interface Item {
  readonly id: string
  readonly tenant: string
  readonly account: string
  readonly status: string
}
const connections = async (): Promise<readonly Item[]> =>
  (await api<{ items: Item[] }>('/api/connections')).items

/** Signs in at the sandbox by this name, and consents. */
async function signIn(name: string): Promise<void> {
  await page.fill('input[name=login]', name)
  await page.fill('input[name=password]', 'any')
  await page.click('button[type=submit]')
  await page.click('button[type=submit]')
}

describe('connecting an account in a browser', () => {
  test('ends on a page that says so, and the connection is there', async () => {
    await page.goto(await newLink())
    await signIn('alice')
    await page.waitForSelector('h1')
    expect(await page.textContent('h1')).toBe('Connected')
    const made = (await connections()).find(({ account }) => account === 'alice')
    expect(made).toMatchObject({ tenant: 'acme', status: 'active' })
    // The cookie of the flow has done its work.
    const cookies = (await page.context().cookies(stack.file.url)).map(({ name }) => name)
    expect(cookies.filter((name) => name.startsWith('__Host-'))).toEqual([])
    // The page is as it was written: its style is let through, and nothing else is.
    expect(await page.evaluate('getComputedStyle(document.body).display')).toBe('grid')
  })

  test('by a shared link waits until it is activated', async () => {
    await page.goto(await newLink({ shared: true, tenant: 'globex' }))
    await signIn('carol')
    await page.waitForSelector('h1')
    expect(await page.textContent('h1')).toBe('Almost there')
    const made = (await connections()).find(({ account }) => account === 'carol')
    expect(made?.status).toBe('pending')
    await api(`/api/connections/${made?.id}/activate?tenant=globex`, 'POST')
    expect((await connections()).find(({ id }) => id === made?.id)?.status).toBe('active')
  })

  test('B064: a page that frames a link or a way back gets neither, and the link stays good', async () => {
    const link = await newLink()
    const refused: (number | undefined)[] = []
    page.on('response', (answer) => {
      if (answer.url().includes('/oauth/')) refused.push(answer.status())
    })
    // Even a page of its own origin, which no other defence would stop.
    const framing = `${stack.file.url}/framing`
    await page.route(framing, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<iframe src="${link}"></iframe><object data="${stack.file.url}/oauth/sandbox/callback?state=x"></object>`,
      }),
    )
    await page.goto(framing)
    await expect.poll(() => refused.length).toBe(2)
    expect(refused).toEqual([400, 400])
    await page.goto(link)
    expect(await page.locator('input[name=login]').count()).toBe(1)
  })

  test('B061: a link opens once', async () => {
    const link = await newLink()
    await page.goto(link)
    const again = await page.goto(link)
    expect(again?.status()).toBe(410)
    expect(await page.textContent('h1')).toBe('This link has been used')
  })
})
