import { startInstance, type Instance, type InstanceOptions, type Outcome } from './instance.ts'

export interface PoolOptions extends InstanceOptions {
  /** Copies that may run at the same time. */
  readonly limit: number
}

/** A function that can be called: as many copies as are needed, up to the limit; calls beyond it wait their turn. */
export interface FunctionPool {
  invoke(event: unknown): Promise<Outcome>
  /** Starts the first copy before it is needed. */
  warm(): void
  /** Lets the calls under way end, for at most `graceMs`, then ends every copy. */
  stop(graceMs: number): Promise<void>
}

export function functionPool(options: PoolOptions): FunctionPool {
  const idle: Instance[] = []
  const busy = new Set<Instance>()
  const waiting: ((instance: Instance) => void)[] = []

  const use = (instance: Instance): Instance => {
    busy.add(instance)
    return instance
  }
  const take = (): Promise<Instance> | Instance => {
    // A copy can die between two calls, of an error that nobody waited for.
    for (let free = idle.pop(); free; free = idle.pop()) if (free.alive()) return use(free)
    if (busy.size < options.limit) return use(startInstance(options))
    return new Promise((resolve) => waiting.push(resolve))
  }
  const release = (instance: Instance): void => {
    busy.delete(instance)
    const next = waiting.shift()
    if (next) next(use(instance.alive() ? instance : startInstance(options)))
    else if (instance.alive()) idle.push(instance)
  }
  return {
    async invoke(event) {
      const instance = await take()
      try {
        const outcome = await instance.invoke(JSON.stringify(event))
        if (outcome.kind !== 'returned') options.onFailure(outcome.message)
        return outcome
      } finally {
        release(instance)
      }
    },
    warm: () => {
      if (idle.length + busy.size === 0) idle.push(startInstance(options))
    },
    async stop(graceMs) {
      const end = Date.now() + graceMs
      while (busy.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
      await Promise.all([...idle, ...busy].map((instance) => instance.stop()))
    },
  }
}
