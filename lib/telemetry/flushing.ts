import type { BufferedMetrics } from './metrics.ts'

/** The same handler; what it has noted is written before it answers, or throws: after that, Lambda may stop its process. */
export const flushing =
  <Args extends unknown[], Result>(
    metrics: Pick<BufferedMetrics, 'flush'>,
    handler: (...args: Args) => Promise<Result>,
  ) =>
  async (...args: Args): Promise<Result> => {
    try {
      return await handler(...args)
    } finally {
      metrics.flush()
    }
  }
