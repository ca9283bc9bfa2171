import type { AdminClient } from '../admin-client.ts'
import { Failure } from '../failure.ts'
import { plain } from '../text.ts'
import { fault, ok, unknown, type Finding } from './finding.ts'

/** The part of the answer that is looked at. */
interface Metrics {
  readonly items?: readonly {
    readonly provider: string
    readonly breaker: string
    readonly health: { readonly state: string }
  }[]
}

/** Providers whose breaker is open, where the server has metrics. */
export async function checkProviders(
  api: AdminClient,
  operations: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  if (!operations.has('getMetrics')) return []
  try {
    const { items = [] } = await api.get<Metrics>('/api/metrics', { window: '1h' })
    const open = items.filter(({ breaker }) => breaker === 'open').map(({ provider }) => plain(provider))
    if (open.length === 0) return [ok('breakers', 'none is open')]
    return [
      fault(
        'breakers',
        `open for ${open.join(', ')}: calls are held back`,
        'look at the status page of the provider; calls go on by themselves when it answers again',
      ),
    ]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [unknown('breakers', 'the metrics did not answer', 'look at the log of the admin function')]
  }
}
