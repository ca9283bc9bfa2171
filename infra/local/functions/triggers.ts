import type { Route } from '../http/routes.ts'
import { resourcesOf, textOf } from '../template/template.ts'
import type { EventSource } from './event-source.ts'
import type { Wiring } from './functions.ts'
import type { FunctionPool } from './pool.ts'
import type { Schedule } from './schedule.ts'

/** Batches of one queue at the same time. */
const batchLimit = 2

type Pools = ReadonlyMap<string, FunctionPool>

const poolOf = (pools: Pools, arn: string, of: string): FunctionPool => {
  const pool = pools.get(arn)
  if (!pool) throw new Error(`${of} names a function that the template does not have`)
  return pool
}

/** The routes of the HTTP API with their functions. */
export function wireRoutes({ template, resolve }: Wiring, pools: Pools): readonly Route<FunctionPool>[] {
  const integrations = new Map(
    resourcesOf(template, 'AWS::ApiGatewayV2::Integration', resolve).map((integration) => [
      `integrations/${integration.id}`,
      poolOf(pools, textOf(integration, 'IntegrationUri'), integration.id),
    ]),
  )
  return resourcesOf(template, 'AWS::ApiGatewayV2::Route', resolve).map((route) => {
    const target = integrations.get(textOf(route, 'Target'))
    if (!target) throw new Error(`the route ${route.id} has no integration`)
    return { key: textOf(route, 'RouteKey'), target }
  })
}

/** The queues that start functions. */
export function wireEventSources(wiring: Wiring, pools: Pools): readonly EventSource[] {
  const { template, resolve, identities, onTrouble } = wiring
  const urls = new Map([...identities.values()].map(({ ref, attributes }) => [attributes['Arn'], ref]))
  const byName = new Map([...pools].map(([arn, pool]) => [arn.split(':').at(-1), pool]))
  return resourcesOf(template, 'AWS::Lambda::EventSourceMapping', resolve).map((mapping) => {
    const { id, properties } = mapping
    const queueArn = textOf(mapping, 'EventSourceArn')
    const target = byName.get(textOf(mapping, 'FunctionName'))
    const queueUrl = urls.get(queueArn)
    if (!target || !queueUrl)
      throw new Error(`${id} names a function or queue that the template does not have`)
    const { MaximumConcurrency = batchLimit } = (properties['ScalingConfig'] ?? {}) as {
      MaximumConcurrency?: number
    }
    const answers = (properties['FunctionResponseTypes'] ?? []) as readonly string[]
    return {
      target,
      queueUrl,
      queueArn,
      batchSize: Number(properties['BatchSize'] ?? 10),
      reportsFailures: answers.includes('ReportBatchItemFailures'),
      concurrency: Math.min(MaximumConcurrency, batchLimit),
      onTrouble: (message) => onTrouble(id, message),
    }
  })
}

/** The schedules that start functions. */
export function wireSchedules({ template, resolve }: Wiring, pools: Pools): readonly Schedule[] {
  return resourcesOf(template, 'AWS::Scheduler::Schedule', resolve).map((schedule) => {
    const target = schedule.properties['Target'] as { readonly Arn: string; readonly Input?: string }
    return {
      target: poolOf(pools, target.Arn, schedule.id),
      expression: textOf(schedule, 'ScheduleExpression'),
      input: target.Input ?? '{}',
    }
  })
}
