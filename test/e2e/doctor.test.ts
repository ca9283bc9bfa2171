import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, startStackProcess, temporaryHome, type StackProcess } from './local-process.ts'

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

interface Answer {
  readonly findings: readonly { readonly check: string; readonly status: string; readonly found: string }[]
  readonly counts: Readonly<Record<string, number>>
}

/** Runs `npx sluice doctor` as a person does who has set nothing. */
async function doctor(): Promise<{ code: number | null; out: string }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: place.home, SLUICE_DATA_DIR: place.dataDir }
  const child = spawn(process.execPath, [launcher, 'doctor', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const out = await text(child.stdout)
  return { code: await exit, out }
}

test('a fresh stack has no fault, its schedules are seen to run, and one that was killed is found to be away', async () => {
  stack = await startStackProcess(place.home, place.dataDir)
  const first = await doctor()
  expect([first.code, first.out]).toEqual([0, expect.stringContaining('"fault": 0')])
  expect(first.out).not.toContain(stack.file.adminToken)

  // The local stack starts them each minute, as the template says.
  const last = await eventually(
    'every schedule has ended a round',
    async () => {
      const { findings, counts } = JSON.parse((await doctor()).out) as Answer
      const schedules = findings.filter(({ check }) => /^schedule \w+$/.test(check))
      return schedules.length === 3 && schedules.every(({ status }) => status === 'ok') ? counts : undefined
    },
    150_000,
  )
  expect(last).toMatchObject({ fault: 0, warning: 0 })

  await stack.end('SIGKILL')
  const away = await doctor()
  expect([away.code, away.out]).toEqual([1, expect.stringContaining('npm start')])
}, 240_000)
