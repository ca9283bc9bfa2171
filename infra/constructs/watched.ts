import { Duration, Validations } from 'aws-cdk-lib'
import { MathExpression, Metric, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { metricNamespace } from '#lib/config/names.ts'
import type { FunctionName } from '../plan.ts'
import type { Buffer } from './buffer.ts'
import type { GatewayFunction } from './gateway-function.ts'

/** What alarms and the dashboard look at. */
export interface Watched {
  readonly stage: string
  readonly functions: ReadonlyMap<FunctionName, GatewayFunction>
  readonly buffer: Buffer
}

/** May read metrics: CloudWatch knows no permission for some of them. */
export function lendMetrics(fn: GatewayFunction): void {
  fn.permit({ actions: ['cloudwatch:GetMetricData'], resources: ['*'] })
  Validations.of(fn).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'CloudWatch takes no resource for reading metrics, and they hold counts alone.',
  })
}

const usual = Duration.minutes(5)

/** What the functions note by themselves, over the whole stage. */
export const noted =
  (stage: string) =>
  (metricName: string, statistic: string, period = usual): Metric =>
    new Metric({ namespace: metricNamespace, metricName, dimensionsMap: { stage }, statistic, period })

type Named = Readonly<Record<string, IMetric>>

export const math = (expression: string, usingMetrics: Named, period = usual): MathExpression =>
  new MathExpression({ expression, usingMetrics: { ...usingMetrics }, period })

/** What Lambda counts of one function. It says 0 of what did not happen, as long as the function runs. */
export function ofFunction(
  { functions }: Watched,
  name: FunctionName,
  what: 'Errors' | 'Invocations' | 'Throttles',
): Metric {
  const fn = functions.get(name)
  if (!fn) throw new Error(`there is no function ${name}`)
  return fn.lambda.metric(what, { statistic: 'Sum', period: usual })
}

/** The same of all functions together. */
export function ofAllFunctions(watched: Watched, what: 'Errors' | 'Throttles'): MathExpression {
  const metrics = [...watched.functions.keys()].map(
    (name) => [`${name}${what}`, ofFunction(watched, name, what)] as const,
  )
  // What one of them does not say is left out of a sum, and would make a chain of additions say nothing.
  return math(`SUM([${metrics.map(([id]) => id).join(', ')}])`, Object.fromEntries(metrics))
}
