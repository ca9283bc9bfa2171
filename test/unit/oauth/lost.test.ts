import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTokens } from '#lib/oauth/token-store.ts'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { dying, type Crash } from '#test/fakes/dying.ts'
import { givenOAuth, type GivenOAuth, type OpenFlow } from '#test/fakes/given-oauth.ts'
import { startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.close())

const title = async (answer: Response): Promise<string> =>
  /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1] ?? ''
const back = (worker: GivenOAuth, { state, cookie }: OpenFlow, code: string) =>
  worker.get(`/oauth/sandbox/callback?${new URLSearchParams({ code, state }).toString()}`, { cookie })

/** A flow whose function dies at one of its calls, and what the browser had by then. */
async function flowWith(crash?: Crash) {
  const worker = await givenOAuth(tables)
  const { calls, revive, heal } = dying(worker, crash)
  let flow: OpenFlow | undefined
  const linkId = await worker.link().catch(() => undefined)
  if (linkId !== undefined) flow = await worker.openLink(linkId)
  let code = ''
  if (flow?.state) {
    code = worker.consent(flow.authorize)
    revive()
    await back(worker, flow, code)
  }
  // From here on nothing dies: this is the next function.
  heal()
  return { worker, calls: calls(), flow, linkId, code }
}

describe('wherever a crash comes, before or after a call', () => {
  test('F54, F55: a code is exchanged at most once, nothing is half made, and the link says what became of it', async () => {
    const { calls } = await flowWith()
    expect(calls).toBeGreaterThan(7)
    const seen = new Set<string>()
    for (let at = 1; at <= calls; at += 1) {
      for (const moment of ['before', 'after'] as const) {
        const { worker, flow, linkId, code } = await flowWith({ at, moment })
        const where = `${moment} call ${at}`
        // The browser tries once more, as soon as it can.
        if (flow?.state) await back(worker, flow, code)
        expect(worker.exchanges.length, where).toBeLessThanOrEqual(1)
        const { connections } = await worker.connections()
        expect(connections.length, where).toBeLessThanOrEqual(1)
        for (const made of connections)
          expect(await openTokens(made, worker.deps)).toMatchObject({ tokenType: 'Bearer' })
        expect(worker.lines.join(), where).not.toMatch(/canary/)
        if (linkId === undefined) continue

        await worker.clock.advance(60_000)
        const attempt = await worker.attempt(linkId)
        seen.add(attempt?.status ?? 'none')
        expect(attempt?.status === 'connected', where).toBe(connections.length === 1)
        // Whoever gave a code and got no connection is told to connect again.
        if (worker.exchanges.length === 1 && connections.length === 0) {
          expect(attempt?.status, where).toBe('pending_lost')
          if (!flow) throw new Error('there was no flow')
          const page = await back(worker, flow, code)
          expect(await title(page), where).toBe('This has to be done again')
          expect(worker.exchanges).toHaveLength(1)
        }
      }
    }
    expect([...seen].toSorted()).toEqual(expect.arrayContaining(['connected', 'pending_lost', 'started']))
  })
})

describe('F54: a grant that could not be saved', () => {
  const away = () => Promise.reject(new SluiceError('VAULT_UNAVAILABLE', 'the table is away'))

  test('is given back, and the page says to connect again', async () => {
    const worker = await givenOAuth(tables)
    Object.assign(worker.deps, { vault: { ...worker.deps.vault, connect: away } })
    const flow = await worker.open()
    const answer = await back(worker, flow, worker.consent(flow.authorize))
    expect(answer.status).toBe(503)
    expect(await title(answer)).toBe('This has to be done again')
    expect(worker.revoked).toEqual(['access-canary-1'])
    await worker.clock.advance(60_000)
    expect(await worker.attempt(flow.linkId)).toMatchObject({ status: 'pending_lost', provider: 'sandbox' })
  })

  test('goes on to where the link says, with its reason', async () => {
    const worker = await givenOAuth(tables)
    Object.assign(worker.deps, { vault: { ...worker.deps.vault, connect: away } })
    const flow = await worker.open({ returnTo: 'https://app.example.com/settings/' })
    const answer = await back(worker, flow, worker.consent(flow.authorize))
    expect(answer.headers.get('location')).toBe(
      'https://app.example.com/settings/?status=failed&reason=pending_lost',
    )
  })

  test('is not given back while its account is connected by an older one: both could end', async () => {
    const worker = await givenOAuth(tables)
    const first = await worker.open()
    await back(worker, first, worker.consent(first.authorize))
    await worker.clock.advance(1_000)
    Object.assign(worker.deps, { vault: { ...worker.deps.vault, connect: away } })
    const again = await worker.open({ account: 'alice' })
    await back(worker, again, worker.consent(again.authorize))
    expect(worker.revoked).toEqual([])
    await worker.clock.advance(60_000)
    // The connection that stands is the first one's, and not what this link was to make.
    expect((await worker.attempt(again.linkId))?.status).toBe('pending_lost')
    expect((await worker.attempt(first.linkId))?.status).toBe('connected')
  })

  test('is made after all where the write arrived and its answer did not', async () => {
    const worker = await givenOAuth(tables)
    const { vault } = worker.deps
    const connect: typeof vault.connect = async (...args) => {
      await vault.connect(...args)
      return away()
    }
    Object.assign(worker.deps, { vault: { ...vault, connect } })
    const flow = await worker.open()
    expect(await title(await back(worker, flow, worker.consent(flow.authorize)))).toBe('Connected')
    expect(worker.revoked).toEqual([])
  })

  test('is not asked for without a key to seal it by: the same way back works later', async () => {
    const worker = await givenOAuth(tables)
    const { keys } = worker.deps
    Object.assign(worker.deps, { keys: { ...keys, current: away } })
    const flow = await worker.open()
    const code = worker.consent(flow.authorize)
    expect((await back(worker, flow, code)).status).toBe(503)
    expect(worker.exchanges).toEqual([])
    Object.assign(worker.deps, { keys })
    expect(await title(await back(worker, flow, code))).toBe('Connected')
  })

  test('tells nobody but the browser that brought it', async () => {
    const worker = await givenOAuth(tables)
    Object.assign(worker.deps, { vault: { ...worker.deps.vault, connect: away } })
    const flow = await worker.open()
    const code = worker.consent(flow.authorize)
    await back(worker, flow, code)
    await worker.clock.advance(60_000)
    for (const cookie of ['', (await worker.open()).cookie])
      expect(await title(await back(worker, { ...flow, cookie }, code))).toBe('This sign-in is not open')
    expect(await title(await back(worker, flow, code))).toBe('This has to be done again')
  })
})

describe('what became of a link', () => {
  test('is told from its making to its connection', async () => {
    const worker = await givenOAuth(tables)
    const linkId = await worker.link()
    const status = async () => (await worker.attempt(linkId))?.status
    expect(await status()).toBe('open')
    const flow = await worker.openLink(linkId)
    expect(await status()).toBe('started')
    await back(worker, flow, worker.consent(flow.authorize))
    const [made] = (await worker.connections()).connections
    expect(await worker.attempt(linkId)).toMatchObject({ status: 'connected', connection: made?.id })
  })

  test('that nobody opened, or that nobody came back from', async () => {
    const worker = await givenOAuth(tables)
    const [unopened, { linkId }] = [await worker.link(), await worker.open()]
    await worker.clock.advance(1_800_000)
    expect((await worker.attempt(unopened))?.status).toBe('expired')
    expect((await worker.attempt(linkId))?.status).toBe('abandoned')
  })

  test('that was refused', async () => {
    const worker = await givenOAuth(tables, { account: 'mallory' })
    const [denied, other] = [await worker.open(), await worker.open({ account: 'alice' })]
    await worker.get(`/oauth/sandbox/callback?error=access_denied&state=${denied.state}`, {
      cookie: denied.cookie,
    })
    await back(worker, other, worker.consent(other.authorize))
    expect((await worker.attempt(denied.linkId))?.status).toBe('denied')
    expect(await worker.attempt(other.linkId)).toMatchObject({
      status: 'failed',
      reason: 'another_account',
    })
  })

  test('while its code is being exchanged', async () => {
    const worker = await givenOAuth(tables)
    const flow = await worker.open()
    let during: string | undefined
    const { fetch } = worker.deps
    Object.assign(worker.deps, {
      fetch: async (url: string, init: RequestInit) => {
        during = (await worker.attempt(flow.linkId))?.status
        return fetch(url, init)
      },
    })
    await back(worker, flow, worker.consent(flow.authorize))
    expect(during).toBe('finishing')
  })
})
