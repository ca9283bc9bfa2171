import { defaultBreaker } from '#lib/outbound/breaker-standing.ts'
import type { OutageMutant } from './world.ts'

export const outageMutants: readonly OutageMutant[] = [
  {
    name: 'no-breaker',
    what: 'a breaker that never opens',
    policy: { ...defaultBreaker, trips: { kind: 'consecutive', failures: 1_000_000 } },
  },
  {
    name: 'park-counts',
    what: 'a call that was sent away uses an attempt',
    worker: (deps) => ({ ...deps, claims: { ...deps.claims, park: deps.claims.fail } }),
  },
  {
    name: 'no-limiter',
    what: 'the limits are not kept',
    calls: (deps) => ({
      ...deps,
      limiter: { take: async () => ({ kind: 'granted' }), observe: () => {} },
    }),
  },
  {
    name: 'no-retry-after',
    what: 'Retry-After is not read',
    calls: (deps) => ({
      ...deps,
      send: async (request, options) => {
        const answer = await deps.send(request, options)
        answer.headers.delete('retry-after')
        return answer
      },
    }),
  },
  {
    name: 'nested-retries',
    what: 'calls are repeated on top of a handler that is, without a budget',
    calls: (deps) => ({ ...deps, budget: { request: () => {}, allows: () => true } }),
    worker: (deps) => ({
      ...deps,
      sluice: {
        fetch: (tenant, connection, options) =>
          deps.sluice.fetch(tenant, connection, { ...options, attempts: 3 }),
      },
    }),
  },
  {
    name: 'own-keys',
    what: 'each run of a handler has keys of its own',
    worker: (deps) => ({
      ...deps,
      sluice: {
        fetch: (tenant, connection, options) => {
          const own = Buffer.from(deps.random.bytes(8)).toString('hex')
          return deps.sluice.fetch(tenant, connection, { ...options, keys: () => own })
        },
      },
    }),
  },
]

export function findOutageMutant(name: string): OutageMutant {
  const none: OutageMutant = { name: 'none', what: 'nothing is changed' }
  const mutant = [none, ...outageMutants].find((each) => each.name === name)
  if (!mutant)
    throw new Error(
      `there is no mutant ${name}; there are ${outageMutants.map((each) => each.name).join(', ')}`,
    )
  return mutant
}
