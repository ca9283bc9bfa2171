import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gatewayEvent, givenWebhook } from '#test/fakes/given-webhook.ts'
import { givenShell, loopback, type Loopback, type Received, type Reply, type World } from './given.ts'

const secret = 'an-invented-signing-secret'
const environment = {
  STRIPE_WEBHOOK_SECRET: secret,
  SLACK_WEBHOOK_SECRET: secret,
  GITHUB_WEBHOOK_SECRET: secret,
  HMAC_WEBHOOK_SECRET: secret,
  STANDARD_WEBHOOKS_WEBHOOK_SECRET: `whsec_${Buffer.from(secret).toString('base64')}`,
}

/** The real webhook function behind a loopback server, verifying by the shell's own clock. */
async function givenSluice(world: World = {}) {
  const shell = givenShell({ environment, ...world })
  const endpoints = await shell.io.loadEndpoints()
  const secrets = Object.fromEntries(
    endpoints.map(({ id, secretName }) => [id, [(environment as Record<string, string>)[secretName] ?? '']]),
  )
  const gateway = givenWebhook({ endpoints, secrets, clock: shell.io.clock as never })
  const server = await loopback(async ({ method, path, headers, body }) => {
    const event = gatewayEvent({ path, method, headers: headers as Record<string, string>, body })
    const { statusCode = 500, body: answer = '' } = await gateway.send(event)
    return { status: statusCode, body: answer }
  })
  shell.stackAt(server.url)
  return { ...shell, gateway, server }
}

const bodies = ({ received }: Loopback): string[] =>
  received.map(({ body }) => body.toString('utf8')).toSorted()

test.each(['stripe', 'github', 'slack', 'standard-webhooks', 'hmac'])(
  'a webhook of %s is accepted, and the id that is shown is the one it is stored under',
  async (provider) => {
    const { sluice, gateway } = await givenSluice()

    const { code, out } = await sluice('send', provider, '--json')

    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      provider,
      endpoint: provider,
      sent: 1,
      accepted: 1,
      failed: 0,
      ids: [gateway.queued()[0]?.id],
      failures: [],
    })
  },
)

test('the same seed sends the same 40 bodies and ids again, signed anew', async () => {
  const { sluice, gateway, server, io } = await givenSluice()
  const again = ['send', 'stripe', '--count', '40', '--seed', '7', '--json']

  const first = await sluice(...again)
  const firstBodies = bodies(server)
  const signature = server.received[0]?.headers['stripe-signature']
  server.received.length = 0
  await io.clock.sleep(2_000 as never)
  const second = await sluice(...again)

  expect(JSON.parse(first.out)).toMatchObject({ accepted: 40, failed: 0, seed: 7 })
  expect(JSON.parse(second.out).ids).toEqual(JSON.parse(first.out).ids)
  expect(bodies(server)).toEqual(firstBodies)
  expect(server.received[0]?.headers['stripe-signature']).not.toBe(signature)
  expect(new Set(gateway.queued().map(({ id }) => id)).size).toBe(40)
})

test('without a seed each run sends other events, and tells the seed that repeats it', async () => {
  const { sluice } = await givenSluice()

  const one = JSON.parse((await sluice('send', 'stripe', '--json')).out)
  const other = JSON.parse((await sluice('send', 'stripe', '--json')).out)

  expect(one.ids).not.toEqual(other.ids)
  expect(one.seed).toBeTypeOf('number')
})

test('--duplicate sends each event twice', async () => {
  const { sluice, gateway } = await givenSluice()

  const { out } = await sluice('send', 'github', '--count', '3', '--duplicate', '--json')

  expect(JSON.parse(out)).toMatchObject({ sent: 6, accepted: 6 })
  expect(new Set(gateway.queued().map(({ id }) => id)).size).toBe(3)
})

test('--type and --file say what is sent; a file goes as its bytes are', async () => {
  const { sluice, server, root, gateway } = await givenSluice()
  writeFileSync(join(root, 'event.json'), '{"id" :"evt_own",\n"type":"charge.refunded"}')

  await sluice('send', 'github', '--type', 'issues.closed')
  expect(gateway.queued()[0]).toMatchObject({ type: 'issues.closed' })
  await sluice('send', 'stripe', '--file', 'event.json')
  expect(server.received[1]?.body.toString()).toBe('{"id" :"evt_own",\n"type":"charge.refunded"}')
  expect(gateway.queued()[1]).toMatchObject({ type: 'charge.refunded', deliveryKey: 'evt_own' })
})

test('a form goes as a form: the slash command of a file is read by its own id', async () => {
  const { sluice, root, gateway } = await givenSluice()
  writeFileSync(join(root, 'command.txt'), 'command=%2Fdeploy&trigger_id=13.37&text=')

  const form = ['--file', 'command.txt', '--content-type', 'application/x-www-form-urlencoded']
  const { out } = await sluice('send', 'slack', ...form, '--json')

  expect(gateway.queued()[0]).toMatchObject({ type: '/deploy', deliveryKey: '13.37' })
  expect(JSON.parse(out).ids).toEqual([gateway.queued()[0]?.id])
})

test("Slack's challenge is answered, and is no event", async () => {
  const { sluice, gateway } = await givenSluice()

  const { code, out } = await sluice('send', 'slack', '--type', 'url_verification', '--json')

  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ accepted: 1, ids: [] })
  expect(gateway.queued()).toEqual([])
})

test('text for a person goes to standard output, what to do next to standard error', async () => {
  const { sluice, gateway } = await givenSluice()

  const { out, err } = await sluice('send', 'stripe', '--count', '3', '--seed', '7')

  expect(out).toMatch(
    /^✓ 3 webhooks accepted in .*\n  ids +evt_\S+ … \(3 events of 3\)\n  latency +p50 .*, p95 .*\n/,
  )
  expect(out).toContain(gateway.queued()[0]?.id)
  expect(err).toBe('What became of them: npx sluice events list\n')
})

/** A Sluice that answers by `answers` in turn, the last one for ever. */
async function givenAnswers(...answers: [Reply, ...Reply[]]) {
  const shell = givenShell({ environment })
  const server = await loopback(() => (answers.length > 1 ? answers.shift() : answers[0]) ?? 'drop')
  shell.stackAt(server.url)
  return { ...shell, server }
}

const accepted = { status: 202, body: { id: 'evt_1', status: 'accepted' } }
const unavailable = { status: 503, body: { code: 'unavailable', title: 'Sluice can not store this' } }

test('what Sluice can not take now is sent again, signed anew: 503, 500 and a cut connection', async () => {
  const { sluice, server } = await givenAnswers(unavailable, 'drop', { status: 500 }, 'drop', accepted)

  const { code, err } = await sluice('send', 'stripe')

  expect(code).toBe(0)
  expect(server.received).toHaveLength(5)
  expect(err).toMatch(/does not take webhooks .*; trying again for up to 60.0 s\nSluice answers again\n/)
})

test.each([
  [401, 'invalid_signature', /signed with the secret from environment/],
  [404, 'not_found', /start the stack again after changing sluice.config.ts/],
  [503, 'endpoint_misconfigured', /npx sluice secrets set/],
  [413, 'body_too_large', /too large/],
])('%i %s is final: sent once, exit code 1, and what to look at', async (status, code, advice) => {
  const { sluice, server } = await givenAnswers({ status, body: { code, title: 'It is too large' } })

  const ran = await sluice('send', 'stripe', '--json')

  expect(ran.code).toBe(1)
  expect(server.received).toHaveLength(1)
  expect(JSON.parse(ran.out)).toMatchObject({
    accepted: 0,
    failed: 1,
    failures: [{ code, status, count: 1 }],
  })
  expect(ran.out + ran.err).toMatch(advice)
})

test('patience ends: a Sluice that stays away fails the run after --wait seconds', async () => {
  const { sluice, server, io } = await givenAnswers(unavailable)
  const started = io.clock.now()

  const { code, out } = await sluice('send', 'stripe', '--wait', '20', '--json')

  expect(code).toBe(1)
  expect(JSON.parse(out).failures).toEqual([
    { code: 'unavailable', status: 503, detail: 'Sluice can not store this', count: 1 },
  ])
  expect(io.clock.now() - started).toBeGreaterThanOrEqual(20_000)
  expect(server.received.length).toBeGreaterThan(5)
})

test('a stack that is killed in the middle and comes back elsewhere gets the rest; nothing is lost', async () => {
  const shell = givenShell({ environment })
  const ids = new Set<string>()
  const take = ({ body }: Received): Reply => {
    ids.add(JSON.parse(body.toString('utf8')).id)
    return accepted
  }
  const restart = async (): Promise<void> => shell.stackAt((await loopback(take)).url)
  let restarted: Promise<void> | undefined
  const first = await loopback((request) => {
    if (ids.size >= 10) {
      restarted ??= first.close().then(restart)
      return 'drop'
    }
    return take(request)
  })
  shell.stackAt(first.url)

  const { code, out } = await shell.sluice('send', 'stripe', '--count', '30', '--json')

  await restarted
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ accepted: 30, failed: 0 })
  expect(ids.size).toBe(30)
})

test('an interrupted run says how far it came, and ends with 130', async () => {
  const shell = givenShell({ environment })
  const server = await loopback(() => {
    if (server.received.length > 3) shell.interrupt()
    return accepted
  })
  shell.stackAt(server.url)

  const { code, out } = await shell.sluice('send', 'stripe', '--count', '50', '--concurrency', '1', '--json')

  expect(code).toBe(130)
  expect(JSON.parse(out)).toMatchObject({
    sent: 50,
    accepted: 3,
    failed: 47,
    failures: [{ code: 'interrupted', count: 47 }],
  })
})

test('a progress bar is drawn on a terminal, never into a file', async () => {
  const onTerminal = { terminal: { input: true, output: true, errors: true, columns: 80, color: true } }
  const shown = await givenSluice({ change: onTerminal })
  const hidden = await givenSluice()

  expect((await shown.sluice('send', 'stripe', '--count', '5')).err).toMatch(/\r.*█.*\/5 webhooks/)
  const { err } = await hidden.sluice('send', 'stripe', '--count', '5')
  expect(err).not.toContain('█')
  expect(err).not.toContain('\u001B')
})

test('the local stack lends its secret when nothing nearer has one', async () => {
  const { sluice, stored, gateway } = await givenSluice({ environment: {} })
  stored.set('local sluice/local/stripe', JSON.stringify({ STRIPE_WEBHOOK_SECRET: `${secret},older` }))

  expect((await sluice('send', 'stripe')).code).toBe(0)
  expect(gateway.queued()).toHaveLength(1)
})

test('without any secret the places for one are named', async () => {
  const { sluice, server } = await givenSluice({ environment: {} })

  const { code, err } = await sluice('send', 'stripe')

  expect(code).toBe(1)
  expect(err).toMatch(/set STRIPE_WEBHOOK_SECRET .* ~\/\.config\/stripe\/webhook_secret \(chmod 600\)/)
  expect(server.received).toEqual([])
})

test('what a server answers can not steer the terminal', async () => {
  const { sluice } = await givenAnswers({
    status: 400,
    body: { code: 'x', title: '\u001B[2J\u009B1m\nfake' },
  })

  const { out, err } = await sluice('send', 'stripe')

  expect(out + err).not.toContain('\u001B')
  expect(out + err).not.toContain('\u009B')
  expect(out).toContain(String.raw`\u001b[2J\u009b1m\u000afake`)
})
