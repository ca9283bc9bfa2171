import { expect, test } from 'vitest'
import { givenShell, loopback, type Reply } from './given.ts'

const webhooks = { delivered: 15, dropped: 5, doubled: 0, delayed: 0, failed: 0 }
const faults = { dropNext: 0, dropShare: 0.2, doubleShare: 0, delaySeconds: 5 }

async function given(reply: Reply) {
  const shell = givenShell()
  const server = await loopback(() => reply)
  shell.stackAt('http://127.0.0.1:9', { sandbox: server.url })
  const asked = () => server.received.map(({ method, path, body }) => [method, path, body.toString()])
  return { ...shell, asked }
}

test('changes are made as they are ordered, and what became of their webhooks is told', async () => {
  const body = { account: 'alice', count: 20, first: 'chg_1', last: 'chg_20', webhooks, dropped: [] }
  const { sluice, asked } = await given({ status: 201, body })
  const { code, out } = await sluice('sandbox', 'change', '--count', '20', '--drop', '5', '--delay', '0')
  expect([code, out]).toEqual([0, '✓ 20 changes in alice: 15 delivered, 5 dropped\n'])
  expect(asked()).toEqual([['POST', '/control/changes', '{"count":20,"drop":5,"delaySeconds":0}']])
})

test('faults stand from now on; without options there are none', async () => {
  const { sluice, asked } = await given({ body: faults })
  const { out } = await sluice('sandbox', 'faults', '--drop-share', '0.2', '--delay', '5')
  expect(out).toBe('✓ from now on: 20% are dropped, all are 5 s late\n')
  await sluice('sandbox', 'faults')
  expect(asked().map(([, , body]) => JSON.parse(body ?? '') as unknown)).toEqual([
    faults,
    { dropNext: 0, dropShare: 0, doubleShare: 0, delaySeconds: 0 },
  ])
})

test('the state names accounts, changes and webhooks', async () => {
  const { sluice } = await given({ body: { accounts: ['alice'], changes: 20, faults, webhooks } })
  const { out } = await sluice('sandbox', 'status')
  expect(out.split('\n').map((line) => line.replace(/\s+/, ' '))).toEqual([
    'accounts alice',
    'changes 20',
    'webhooks 15 delivered, 5 dropped',
    'next 20% are dropped, all are 5 s late',
    '',
  ])
})

test('a refusal is told in the words of the sandbox', async () => {
  const refusal = { error: 'invalid_request', error_description: 'nobody has connected' }
  const { sluice } = await given({ status: 400, body: refusal })
  const { code, err } = await sluice('sandbox', 'change')
  expect([code, err]).toEqual([1, 'error: the sandbox refuses: nobody has connected\n'])
})

test.each([
  [['change', '--count', '0'], 2],
  [['change', '--drop', 'x'], 2],
  [['faults', '--drop-share', '1.5'], 2],
])('%j is typed wrongly', async (parameters, expected) => {
  const { sluice, asked } = await given({ body: {} })
  expect((await sluice('sandbox', ...parameters)).code).toBe(expected)
  expect(asked()).toEqual([])
})

test('without a local stack there is no sandbox', async () => {
  const { code, err } = await givenShell().sluice('sandbox', 'status')
  expect(code).toBe(1)
  expect(err).toContain('npm start')
})
