import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import type { FromThread, ThreadData, ToThread } from './protocol.ts'

/** What came of one call of a function. */
export type Outcome =
  /** `value` is what the handler returned, by way of JSON. */
  | { readonly kind: 'returned'; readonly value: unknown }
  /** It threw, it crashed, or it could not be loaded. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'timed-out'; readonly message: string }

export interface InstanceOptions {
  readonly data: ThreadData
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** More than this ends the instance, and nothing else. */
  readonly memoryMb: number
  /** A line that the function wrote. */
  readonly onLine: (line: string) => void
}

/** One copy of a function: takes one call at a time. */
export interface Instance {
  /** `event` is JSON text. A call that does not come back alive takes the instance with it. */
  invoke(event: string): Promise<Outcome>
  /** Whether it can take another call. */
  alive(): boolean
  stop(): Promise<void>
}

/** Starts a function's bundle in a thread of its own; it loads while the first call waits. */
export function startInstance(options: InstanceOptions): Instance {
  const { data, environment, timeoutMs, memoryMb, onLine } = options
  const thread = new Worker(new URL('./runtime.ts', import.meta.url), {
    workerData: data,
    env: environment,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    // Nothing of the launcher's loader: the bundle is JavaScript, and Node reads the types of the runtime away.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    stderr: true,
  })
  for (const stream of [thread.stdout, thread.stderr]) createInterface({ input: stream }).on('line', onLine)

  let dead: string | undefined
  let answer: ((message: FromThread) => void) | undefined
  let died: (() => void) | undefined
  thread.on('message', (message: FromThread) => answer?.(message))
  thread.on('error', (error) => {
    dead = error instanceof Error ? (error.stack ?? error.message) : String(error)
  })
  thread.on('exit', (code) => {
    dead ??= `the function ended itself (code ${code})`
    died?.()
  })
  const next = (): Promise<FromThread> =>
    new Promise((resolve) => {
      const fail = () => resolve({ kind: 'threw', message: dead ?? 'stopped' })
      answer = resolve
      died = fail
      if (dead !== undefined) fail()
    })
  const loaded = next()

  const run = async (event: string): Promise<Outcome> => {
    const first = await loaded
    if (first.kind !== 'ready') return { kind: 'failed', message: dead ?? 'the function could not be loaded' }
    const reply = next()
    const call: ToThread = { event, requestId: randomUUID(), deadline: Date.now() + timeoutMs }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage(call)
    const timer = Promise.withResolvers<'late'>()
    const handle = setTimeout(() => timer.resolve('late'), timeoutMs)
    const result = await Promise.race([reply, timer.promise])
    clearTimeout(handle)
    if (result !== 'late') return toOutcome(result)
    dead = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`
    await thread.terminate()
    return { kind: 'timed-out', message: dead }
  }
  return {
    invoke: run,
    alive: () => dead === undefined,
    async stop() {
      dead ??= 'stopped'
      await thread.terminate()
    },
  }
}

const toOutcome = (message: FromThread): Outcome =>
  message.kind === 'returned'
    ? { kind: 'returned', value: JSON.parse(message.value) }
    : { kind: 'failed', message: message.kind === 'threw' ? message.message : 'no answer' }
