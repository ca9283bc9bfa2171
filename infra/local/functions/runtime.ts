import { parentPort, workerData } from 'node:worker_threads'
import type { FromThread, ThreadData, ToThread } from './protocol.ts'

/**
 * Runs in a worker thread of its own, without a loader: loads one function's bundle and calls its handler, one event at
 * a time, as Lambda's runtime does. What goes in and out is JSON, so nothing shared can pass.
 */
const { entry, handler: name, context: fixed } = workerData as ThreadData
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (message: FromThread): void => parentPort?.postMessage(message)

const bundle = (await import(entry)) as Record<string, unknown>
const call = bundle[name] as ((event: unknown, context: unknown) => unknown) | undefined
if (typeof call !== 'function') throw new TypeError(`${entry} exports no function called ${name}`)

const invoke: (event: unknown, context: unknown) => unknown = call

async function run({ event, requestId, deadline }: ToThread): Promise<FromThread> {
  const context = {
    ...fixed,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    const value = await invoke(JSON.parse(event), context)
    return { kind: 'returned', value: JSON.stringify(value ?? null) }
  } catch (error) {
    return { kind: 'threw', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

parentPort?.on('message', (message: ToThread) => void run(message).then(say))
say({ kind: 'ready' })
