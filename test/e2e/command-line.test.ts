import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, ledgerOf, startStackProcess, temporaryHome, type StackProcess } from './local-process.ts'

const launcher = fileURLToPath(new URL('../../cli/sluice.mjs', import.meta.url))

let place: Awaited<ReturnType<typeof temporaryHome>>
let stack: StackProcess | undefined

beforeEach(async () => {
  place = await temporaryHome()
})
afterEach(async () => {
  await stack?.end('SIGKILL')
  await place.remove()
})

/** Runs `npx sluice` as a person does who has set nothing. */
async function sluice(...parameters: string[]) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: place.home, SLUICE_DATA_DIR: place.dataDir }
  const child = spawn(process.execPath, [launcher, ...parameters], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const out = await text(child.stdout)
  return { code: await exit, out: JSON.parse(out) as Record<string, unknown> }
}

test(
  'two hundred webhooks survive a kill of the stack in the middle; sent again, all are duplicates',
  { timeout: 240_000 },
  async () => {
    const again = ['send', 'stripe', '--count', '200', '--seed', '7', '--concurrency', '2', '--json']
    stack = await startStackProcess(place.home, place.dataDir)
    const { file } = stack
    let sent = false
    const sending = sluice(...again).finally(() => (sent = true))
    await eventually('an event is in the ledger', async () => (await ledgerOf(file)).length > 0)
    expect(sent).toBe(false)
    await stack.end('SIGKILL')
    stack = await startStackProcess(place.home, place.dataDir)

    const first = await sending
    const second = await sluice(...again)

    expect(first).toMatchObject({ code: 0, out: { accepted: 200, failed: 0 } })
    expect(second).toMatchObject({ code: 0, out: { accepted: 200, failed: 0, ids: first.out['ids'] } })
    // Those that the killed worker had claimed are free when their lease ends.
    const allDone = async () => {
      const { out } = await sluice('events', 'list', '--summary', '--json')
      return (out['counts'] as { done?: number }).done === 200
    }
    await eventually('every event is done', allDone, 120_000)
    const rows = await ledgerOf(stack.file)
    expect(rows.map(({ id }) => id).toSorted()).toEqual((first.out['ids'] as string[]).toSorted())
  },
)
