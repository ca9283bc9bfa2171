import type { EpochMs, Millis } from '../primitives/clock.ts'
import type { CountName, MeasureName } from './metrics.ts'

export type MetricStatistic = 'Sum' | 'Maximum' | 'p50' | 'p95' | 'p99'

/** One question: a metric of every provider, by one statistic. */
export interface MetricWanted {
  /** Names it in the answer: lower-case letter first, then letters, digits and `_`. */
  readonly id: string
  readonly name: CountName | MeasureName
  readonly statistic: MetricStatistic
  /** Each point stands for so long. */
  readonly stepMs: Millis
}

export interface MetricWindow {
  readonly since: EpochMs
  readonly until: EpochMs
}

/** A point stands for the time that begins at `at`. */
export interface MetricPoint {
  readonly at: EpochMs
  readonly value: number
}

/** What one provider has under one question, oldest point first. */
export interface ProviderSeries {
  readonly id: string
  readonly provider: string
  readonly points: readonly MetricPoint[]
}

/** Reads back what {@link Metrics} noted, by provider. */
export interface MetricReader {
  /**
   * Providers of which nothing was noted for two weeks are left out.
   * @throws SluiceError `METRICS_UNAVAILABLE`
   */
  read(
    wanted: readonly MetricWanted[],
    window: MetricWindow,
    signal: AbortSignal,
  ): Promise<readonly ProviderSeries[]>
}
