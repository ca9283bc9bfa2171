import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { loopback } from './given.ts'

const launcher = fileURLToPath(new URL('../../../cli/sluice.mjs', import.meta.url))
/** Makes the launcher believe that it runs on the Node 20 of a machine; what it then starts does not believe it. */
const asNode20 = [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`,
]
const launches: [name: string, options: string[]][] = [
  ['the pinned Node', []],
  ['an older Node', asNode20],
]

function launch(options: string[], parameters: string[], environment: object = {}) {
  const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '', ...environment }
  const child = spawn(process.execPath, [...options, launcher, ...parameters], { env, cwd: '/' })
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return {
    child,
    ended: ended.then(([out, err, [code, signal]]) => ({
      out,
      err,
      code: code as unknown,
      signal: signal as unknown,
    })),
  }
}

test.each(launches)(
  'on %s the command runs from anywhere, and its exit code comes through',
  async (_, options) => {
    const listed = launch(options, ['provider', 'list', '--json'])
    const mistyped = launch(options, ['sned'])

    const { out, err, code } = await listed.ended
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out).items.map(({ id }: { id: string }) => id)).toContain('stripe')
    expect(await mistyped.ended).toMatchObject({ code: 2, out: '' })
  },
)

test.each(launches)('on %s a signal reaches the command, which ends in order', async (_, options) => {
  let ask: () => void = () => {}
  const asked = new Promise<void>((resolve) => (ask = resolve))
  const server = await loopback(() => {
    ask()
    return { body: { items: [], cursor: null } }
  })
  const environment = { SLUICE_PUBLIC_URL: server.url, SLUICE_ADMIN_TOKEN: 'a-token-of-a-test' }
  const tail = launch(options, ['events', 'tail'], environment)
  await asked

  tail.child.kill('SIGTERM')

  expect(await tail.ended).toMatchObject({ code: 130, signal: null })
})

test('a webhook goes out signed from the command line to a real socket', async () => {
  const server = await loopback(() => ({ status: 202, body: { id: 'evt_1', status: 'accepted' } }))
  const environment = { STRIPE_WEBHOOK_SECRET: 'an-invented-signing-secret', SLUICE_PUBLIC_URL: server.url }

  const { out, code } = await launch([], ['send', 'stripe', '--count', '3', '--json'], environment).ended

  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ accepted: 3, failed: 0 })
  expect(
    server.received.map(({ path, headers }) => `${path} ${String(headers['stripe-signature'])}`),
  ).toEqual(
    Array.from({ length: 3 }, () => expect.stringMatching(/^\/webhooks\/stripe t=\d{10},v1=[0-9a-f]{64}$/)),
  )
})

test('a reader that has seen enough is no failure', async () => {
  const { child, ended } = launch([], ['provider', 'list', '--json'])
  child.stdout.destroy()

  expect(await ended.catch(() => undefined)).toBeUndefined()
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
})
