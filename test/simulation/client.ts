import { ms } from '#lib/primitives/clock.ts'
import type { World } from './world.ts'
import { serviceError, type Command, type Model } from './models/model.ts'
import type { Sandbox } from './sandbox.ts'

export interface ClientUse {
  readonly service: 'sqs' | 's3' | 'dynamodb' | 'events' | 'kms'
  readonly model: Model
  /** As the function's composition sets them. */
  readonly maxAttempts: number
  readonly requestTimeoutMs: number
}

export interface SimClient {
  send(command: Command, options?: { readonly abortSignal?: AbortSignal }): Promise<never>
}

/**
 * An SDK client as a sandbox sees it: tries again after what can be tried again, gives up a hanging request after its
 * time, obeys the caller's signal, and shares the fate of its sandbox.
 */
export function simClient(use: ClientUse, box: Sandbox, world: World): SimClient {
  return {
    async send(command, { abortSignal } = {}) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return (await within(tryOnce(use, command, box, world), use, abortSignal, world)) as never
        } catch (error) {
          await box.awake()
          if (!isTransient(error) || abortSignal?.aborted || attempt >= use.maxAttempts) throw error
          await world.clock.sleep(ms(20 + world.random.fraction() * 80))
        }
      }
    },
  }
}

async function tryOnce(use: ClientUse, command: Command, box: Sandbox, world: World): Promise<object> {
  box.count('before')
  await box.awake()
  const fault = world.faults.next(use.service, command.constructor.name)
  await latency(world)
  const sent = world.mutate(command)
  switch (fault) {
    case 'refused':
      throw transient('ECONNRESET')
    case 'throttled':
      throw transient('ThrottlingException')
    case 'hang':
      if (world.random.fraction() < 0.5) apply(use, sent)
      return new Promise(() => {})
    case 'late':
      world.clock.after(ms(500 + world.random.fraction() * 40_000), () => apply(use, sent))
      throw transient('TimeoutError')
    case 'answer-lost':
      apply(use, sent)
      throw transient('TimeoutError')
    case 'none': {
      const answer = use.model.apply(sent)
      box.count('after')
      await latency(world)
      await box.awake()
      return answer
    }
  }
}

/** Takes effect; what it would have answered reaches nobody. */
function apply(use: ClientUse, command: Command): void {
  try {
    use.model.apply(command)
  } catch {
    // A refusal reaches nobody either.
  }
}

const latency = (world: World): Promise<void> => world.clock.sleep(ms(1 + world.random.fraction() * 30))

function within(
  work: Promise<object>,
  use: ClientUse,
  signal: AbortSignal | undefined,
  world: World,
): Promise<object> {
  return new Promise((resolve, reject) => {
    const cancel = world.clock.after(ms(use.requestTimeoutMs), () => reject(transient('TimeoutError')))
    signal?.addEventListener('abort', () => reject(serviceError('AbortError', 'Request aborted')), {
      once: true,
    })
    work.then(resolve, reject).finally(cancel)
  })
}

const transient = (name: string): Error => Object.assign(serviceError(name, name), { transient: true })

const isTransient = (error: unknown): boolean =>
  (error as { readonly transient?: boolean }).transient === true
