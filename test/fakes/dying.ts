import type { GivenOAuth } from './given-oauth.ts'

/** Which of a function's calls it dies at: before it leaves, or with its answer on the way. */
export interface Crash {
  readonly at: number
  readonly moment: 'before' | 'after'
}

export interface Dying {
  /** How many calls there were. */
  readonly calls: () => number
  /** The function of the next request lives. */
  readonly revive: () => void
  /** From now on nothing dies. */
  readonly heal: () => void
}

/** Makes a function die at one of its calls: that call throws, and so does every later one until it is revived. */
export function dying({ deps }: GivenOAuth, crash?: Crash): Dying {
  let calls = 0
  let isDead = false
  const mortal =
    <A extends unknown[], R>(task: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (isDead) throw new Error('a dead function calls nothing')
      const dies = crash?.at === (calls += 1)
      isDead = dies
      if (dies && crash.moment === 'before') throw new Error('the function died')
      const result = await task(...args)
      if (dies) throw new Error('the function died')
      return result
    }
  const wrap = <T extends object>(port: T): T =>
    Object.fromEntries(
      Object.entries(port).map(([name, value]) => [
        name,
        typeof value === 'function' ? mortal(value as never) : value,
      ]),
    ) as T
  const { store, vault } = deps
  Object.assign(deps, {
    store: wrap(store),
    vault: wrap(vault),
    fetch: mortal(deps.fetch),
    revoke: mortal(deps.revoke),
  })
  const revive = (): void => {
    isDead = false
  }
  return {
    calls: () => calls,
    revive,
    heal: () => {
      revive()
      Object.assign(deps, { store, vault })
    },
  }
}
