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
  /** A call that threw, crashed or took too long, or a crash between two calls. */
  readonly onFailure: (message: string) => void
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
  const { timeoutMs, onFailure } = options
  const thread = startThread(options)
  /** Why it takes no more calls. */
  let dead: string | undefined
  let ended = false
  let waiting: ((message: FromThread) => void) | undefined

  const answer = (message: FromThread): boolean => {
    const resolve = waiting
    waiting = undefined
    resolve?.(message)
    return resolve !== undefined
  }
  const next = (): Promise<FromThread> =>
    new Promise((resolve) => {
      waiting = resolve
      if (dead !== undefined) answer({ kind: 'threw', message: dead })
    })
  const end = async (why: string): Promise<void> => {
    dead ??= why
    ended = true
    await thread.terminate()
  }
  thread.on('message', answer)
  thread.on('error', (error) => {
    dead ??= error instanceof Error ? (error.stack ?? error.message) : String(error)
  })
  thread.on('exit', (code) => {
    dead ??= `the function ended itself (code ${code})`
    if (!answer({ kind: 'threw', message: dead }) && !ended) onFailure(dead)
  })
  const loaded = next()

  return {
    async invoke(event) {
      const first = await loaded
      if (first.kind !== 'ready') return toOutcome(first)
      const reply = next()
      const call: ToThread = { event, requestId: randomUUID(), deadline: Date.now() + timeoutMs }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      thread.postMessage(call)
      const late = Promise.withResolvers<undefined>()
      const timer = setTimeout(() => late.resolve(undefined), timeoutMs)
      const result = await Promise.race([reply, late.promise])
      clearTimeout(timer)
      if (result) return toOutcome(result)
      waiting = undefined
      const message = `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`
      await end(message)
      return { kind: 'timed-out', message }
    },
    alive: () => dead === undefined,
    stop: () => end('stopped'),
  }
}

function startThread({ data, environment, memoryMb, onLine }: InstanceOptions): Worker {
  const thread = new Worker(new URL('./runtime.ts', import.meta.url), {
    workerData: data,
    env: environment,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 16 },
    // Nothing of the launcher's loader: the bundle is JavaScript, and Node reads the types of the runtime away.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    stderr: true,
  })
  for (const stream of [thread.stdout, thread.stderr]) createInterface({ input: stream }).on('line', onLine)
  return thread
}

const toOutcome = (message: FromThread): Outcome =>
  message.kind === 'returned'
    ? { kind: 'returned', value: JSON.parse(message.value) }
    : { kind: 'failed', message: message.kind === 'threw' ? message.message : 'no answer' }
