import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import { causeOf } from './network.ts'
import { localStack } from './target.ts'
import { plain } from './text.ts'

/** What became of webhooks. */
export interface SandboxWebhooks {
  readonly delivered: number
  readonly dropped: number
  readonly doubled: number
  readonly delayed: number
  readonly failed: number
}

export interface SandboxChanged {
  readonly account: string
  readonly count: number
  readonly first: string
  readonly last: string
  readonly webhooks: SandboxWebhooks
  /** Ids of the changes that no webhook tells of. */
  readonly dropped: readonly string[]
}

export interface SandboxFaults {
  readonly dropNext: number
  readonly dropShare: number
  readonly doubleShare: number
  readonly delaySeconds: number
}

export interface SandboxState {
  readonly accounts: readonly string[]
  readonly changes: number
  readonly faults: SandboxFaults
  readonly webhooks: SandboxWebhooks
}

/** A thousand webhooks take their time. */
const timeoutMs = 120_000

/**
 * Tells the sandbox provider of the stack on this machine what to do.
 * @throws Failure where no stack runs here, or the sandbox refuses: with its own words.
 */
export async function askSandbox<T>(io: Io, method: string, path: string, body?: unknown): Promise<T> {
  const stack = localStack(io)
  if (!stack?.sandbox || !io.isAlive(stack.pid))
    throw new Failure('no_stack', 'the sandbox is a part of the local stack: start it with `npm start`')
  const response = await send(io, `${stack.sandbox}${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  const document = (await response.json().catch(() => undefined)) as (T & Partial<Refusal>) | undefined
  if (response.ok && document !== undefined) return document
  const why = document?.error_description ?? 'without an explanation'
  throw new Failure(plain(document?.error ?? 'unexpected_answer'), `the sandbox refuses: ${plain(why)}`)
}

interface Refusal {
  readonly error: string
  readonly error_description: string
}

async function send(io: Io, url: string, init: RequestInit): Promise<Response> {
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)])
    return await io.fetch(url, { ...init, signal, redirect: 'error' })
  } catch (error) {
    if (io.signal.aborted) throw error
    throw new Failure('unreachable', `the sandbox does not answer (${causeOf(error)})`)
  }
}
