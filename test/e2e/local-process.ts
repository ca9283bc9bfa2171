import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import type { BusEvent } from '#infra/local/services/event-bridge.ts'
import type { StackFile } from '#infra/local/stack-file.ts'

const repository = join(import.meta.dirname, '..', '..')

/** A stack in a process of its own, as `npm start` runs it. */
export interface StackProcess {
  readonly file: StackFile
  readonly output: () => string
  /** Ends it by `signal`; answers its exit code, `null` when the signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** A home without secrets, and a folder for the stack in it. */
export async function temporaryHome(): Promise<{
  readonly home: string
  readonly dataDir: string
  remove(): Promise<void>
}> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-stack-'))
  return { home, dataDir: join(home, 'data'), remove: () => rm(home, { recursive: true, force: true }) }
}

interface Child {
  readonly process: ChildProcess
  readonly exit: Promise<number | null>
  readonly output: () => string
}

/** Starts the launcher, and waits for nothing. */
export function launch(
  home: string,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
  cwd = repository,
): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', 'infra/local/start.ts'], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, PORT: '0', SLUICE_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { process: child, exit, output: () => output }
}

/** Starts the launcher and waits until it takes webhooks. */
export async function startStackProcess(
  home: string,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
  cwd = repository,
): Promise<StackProcess> {
  const child = launch(home, dataDir, env, cwd)
  const path = join(dataDir, 'stack.json')
  const file = await eventually('the stack is up', async () => {
    if (child.process.exitCode !== null) throw new Error(`the stack ended: ${child.output()}`)
    const found = existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as StackFile)
    return found && found.pid === child.process.pid ? found : undefined
  })
  return {
    file,
    output: child.output,
    end(signal) {
      child.process.kill(signal)
      return child.exit
    },
  }
}

/** What `look` finds, as soon as it finds something; fails after `withinMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  withinMs = 60_000,
): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`not within ${withinMs / 1_000} s: ${what}`)
}

/** One record of the Ledger, as far as these tests look. */
export interface LedgerRow {
  readonly id: string
  readonly status: string
  readonly attempts: number
}

/** Every record of the Ledger. */
export async function ledgerOf({ endpoints, outputs, region }: StackFile): Promise<readonly LedgerRow[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ region, credentials, endpoint: endpoints.dynamodb })
  const rows: LedgerRow[] = []
  const pages = paginateScan({ client }, { TableName: outputs['LedgerTable'], ConsistentRead: true })
  for await (const { Items = [] } of pages)
    for (const { pk, st, attempts } of Items)
      rows.push({ id: pk?.S ?? '', status: st?.S ?? '', attempts: Number(attempts?.N) })
  return rows
}

/** The last events that were published on the bus. */
export async function publishedBy({ endpoints }: StackFile): Promise<readonly BusEvent[]> {
  return (await (await fetch(`${endpoints.events}/published`)).json()) as readonly BusEvent[]
}
