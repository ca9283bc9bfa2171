import {
  GetMetricDataCommand,
  type CloudWatchClient,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch'
import { metricNamespace } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs } from '../primitives/clock.ts'
import type { MetricReader, MetricWanted, ProviderSeries } from './metric-reader.ts'

export interface CloudWatchReaderOptions {
  readonly client: Pick<CloudWatchClient, 'send'>
  readonly stage: string
}

/** More pages than this are no answer that a person waits for: 100 providers fit into one. */
const mostPages = 10

/**
 * Asks by `SEARCH`, which finds the providers that were noted in the last two weeks, so that nobody pays for those that were not.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const cloudwatchReader = ({ client, stage }: CloudWatchReaderOptions): MetricReader => ({
  async read(wanted, { since, until }, signal) {
    const queries = wanted.map((each) => queryOf(each, stage))
    const series = new Map<string, ProviderSeries>()
    let next: string | undefined
    for (let page = 0; page < mostPages; page += 1) {
      const command = new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: new Date(since),
        EndTime: new Date(until),
        ScanBy: 'TimestampAscending',
        NextToken: next,
      })
      const answer = await client.send(command, { abortSignal: signal }).catch((cause: unknown) => {
        throw new SluiceError('METRICS_UNAVAILABLE', 'the metrics could not be read', { cause })
      })
      for (const result of answer.MetricDataResults ?? []) add(series, result)
      next = answer.NextToken
      if (next === undefined) break
    }
    return [...series.values()]
  },
})

const queryOf = ({ id, name, statistic, stepMs }: MetricWanted, stage: string): MetricDataQuery => ({
  Id: id,
  Expression:
    `SEARCH('{${metricNamespace},stage,provider} MetricName="${name}" stage="${stage}"', ` +
    `'${statistic}', ${Math.round(stepMs / 1_000)})`,
  // What the answer calls each line.
  Label: "${PROP('Dim.provider')}",
})

/** A line may go on in the next page. */
function add(series: Map<string, ProviderSeries>, result: MetricDataResult): void {
  const { Id: id, Label: provider, Timestamps: times = [], Values: values = [] } = result
  if (id === undefined || provider === undefined) return
  const key = `${id} ${provider}`
  const points = times.flatMap((time, index) => {
    const value = values[index]
    return value === undefined ? [] : [{ at: epochMs(time.getTime()), value }]
  })
  series.set(key, { id, provider, points: [...(series.get(key)?.points ?? []), ...points] })
}
