import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { Io } from '#cli/io.ts'
import { run } from '#cli/program.ts'
import { parseConfig } from '#lib/config/parse-config.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import { providers } from '#lib/providers/catalog.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Shell {
  readonly io: Io
  readonly root: string
  /** What the store of the local stack, and of AWS, holds. */
  readonly stored: Map<string, string>
  readonly interrupt: () => void
  /** Runs one command line. */
  sluice(...parameters: string[]): Promise<Ran>
  /** Writes `.sluice/stack.json` as a running stack does. */
  stackAt(url: string, change?: object): void
}

export interface World {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  readonly change?: Partial<Io>
}

/** A directory, an environment and a clock of its own; only loopback connections are real. */
export function givenShell({ environment = {}, input = '', change = {} }: World = {}): Shell {
  const root = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const { endpoints } = parseConfig({
    endpoints: providers
      .filter(({ webhooks }) => webhooks)
      .map(({ id }) => ({ provider: id, publicUrl: 'https://hooks.test' })),
  })
  const stored = new Map<string, string>()
  const aborter = new AbortController()
  const written = { out: '', err: '' }
  const clock = virtualClock()
  const io: Io = {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    terminal: { input: false, output: false, errors: false, columns: 200, color: false },
    // Waiting costs a test no time.
    clock: { ...clock, sleep: (delay) => clock.advance(delay) },
    fetch,
    signal: aborter.signal,
    root,
    cwd: root,
    secretSources: {
      environment: (name) => environment[name],
      dotenv: () => undefined,
      configDirectory: root,
      privateFile: () => undefined,
    },
    isAlive: () => true,
    readInput: async () => Buffer.from(input),
    askSecret: async () => undefined,
    ask: async () => undefined,
    openBrowser: async () => {},
    loadEndpoints: async () => endpoints,
    openCloud: async () => ({ identity: denied, alarms: denied, schedules: denied }),
    openSecretStore: async ({ kind }) => ({
      read: async (name) => secretOf(stored.get(`${kind} ${name}`)),
      write: async (name, value) => void stored.set(`${kind} ${name}`, value.reveal()),
    }),
    runProgram: async () => 0,
    ...change,
  }
  return {
    io,
    root,
    stored,
    interrupt: () => aborter.abort(),
    async sluice(...parameters) {
      written.out = ''
      written.err = ''
      const code = await run(parameters, io, '0.0.0')
      return { code, ...written }
    },
    stackAt: (url, more = {}) => writeStackFile(root, url, more),
  }
}

const denied = () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }))

const secretOf = (text: string | undefined): Secret | undefined =>
  text === undefined ? undefined : ({ reveal: () => text } as Secret)

function writeStackFile(root: string, url: string, more: object): void {
  const file = {
    url,
    adminToken: 'local-token',
    region: 'us-east-1',
    stage: 'local',
    pid: process.pid,
    endpoints: { secretsmanager: 'http://127.0.0.1:9' },
    outputs: {},
    ...more,
  }
  mkdirSync(join(root, '.sluice'), { recursive: true })
  writeFileSync(join(root, '.sluice', 'stack.json'), JSON.stringify(file), { mode: 0o600 })
}

export interface Received {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** `drop` cuts the connection without an answer, as a killed process does. */
export type Reply = { readonly status?: number; readonly body?: unknown } | 'drop'

export interface Loopback {
  readonly url: string
  readonly received: Received[]
  close(): Promise<void>
}

/** A server on a port of its own, answering as told. */
export async function loopback(answer: (request: Received) => Reply | Promise<Reply>): Promise<Loopback> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const it = { method, path, headers, body: await buffer(request) }
    received.push(it)
    const reply = await answer(it)
    if (reply === 'drop') return void request.socket.destroy()
    const { status = 200, body = {} } = reply
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close }
}
