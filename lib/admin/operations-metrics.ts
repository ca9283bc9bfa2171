import type { Operation } from './operation.ts'
import * as metrics from './schemas-metrics.ts'

/** Operations on metrics. */
export const metricOperations = {
  getMetrics: {
    id: 'getMetrics',
    method: 'get',
    path: '/api/metrics',
    role: 'viewer',
    summary:
      'How providers are and were: webhooks, events, calls, breaker and freshness over the last hour, or 6 or 24 hours. Over all tenants, so only for who may see all of them',
    query: metrics.metricsQuery,
    status: 200,
    answer: metrics.metricsAnswer,
    problems: [403],
  },
} as const satisfies Record<string, Operation>
