import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SynthesizedTemplate } from '#infra/synth.ts'
import { metricNamespace } from '#lib/config/names.ts'
import config from '#config'
import { all, functionOf, one, properties, template } from './given.ts'

interface Stat {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[]
}
interface AlarmProperties extends Partial<Stat> {
  readonly AlarmName: string
  readonly AlarmDescription: string
  readonly AlarmActions: readonly unknown[]
  readonly TreatMissingData: string
  readonly Metrics?: readonly {
    readonly Expression?: string
    readonly MetricStat?: { readonly Metric: Stat }
  }[]
}

const repository = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

let sluice: SynthesizedTemplate
let alarms: ReadonlyMap<string, AlarmProperties>
beforeAll(async () => {
  sluice = await template()
  const found = all(sluice, 'AWS::CloudWatch::Alarm').map(
    ([, alarm]) => properties(alarm) as unknown as AlarmProperties,
  )
  alarms = new Map(found.map((alarm) => [alarm.AlarmName.replace(/^sluice-dev-/, ''), alarm]))
})

/** Every metric that an alarm looks at, alone or within its expression. */
const statsOf = (alarm: AlarmProperties): Stat[] =>
  alarm.Metrics
    ? alarm.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []))
    : [alarm as Stat]

const known = [...read('lib/telemetry/metrics.ts').matchAll(/\| '(\w+)'/g)].map(([, name = '']) => name)
/** Names that the types know, and that some line of code notes. */
const noted = namesInCode()

function namesInCode(): ReadonlySet<string> {
  const code = globSync('{lib,functions}/**/*.{ts,tsx}', { cwd: repository })
    .filter((path) => path !== 'lib/telemetry/metrics.ts')
    .map(read)
    .join('\n')
  return new Set(known.filter((name) => code.includes(`'${name}'`)))
}

/** Headings within the runbook's part on alarms. */
const entries = (): string[] => {
  const part =
    read('docs/runbook.md')
      .split(/^## /m)
      .find((each) => each.startsWith('Alarms\n')) ?? ''
  return [...part.matchAll(/^### (\S+)$/gm)].map(([, name = '']) => name)
}

describe('alarms', () => {
  test('are few, and cost what the documentation says', () => {
    const billed = [...alarms.values()].reduce((sum, alarm) => {
      const isBand = alarm.Metrics?.some(({ Expression = '' }) => Expression.startsWith('ANOMALY_'))
      return sum + (isBand ? 3 : statsOf(alarm).length)
    }, 0)
    expect(alarms.size).toBeLessThanOrEqual(32)
    const [, count, metrics, cost] =
      /The (\d+) alarms look at (\d+) metrics[^$]*\$(\d+\.\d+) a month/.exec(read('docs/observability.md')) ??
      []
    expect([Number(count), Number(metrics), Number(cost)]).toEqual([
      alarms.size,
      billed,
      Math.round(billed * 10) / 100,
    ])
  })

  test('each has its entry in the runbook, each entry its alarm, and the alarm says where', () => {
    expect(entries().toSorted()).toEqual([...alarms.keys()].toSorted())
    for (const [name, { AlarmDescription }] of alarms)
      expect(AlarmDescription, name).toMatch(new RegExp(`^[A-Z].+\\. What to do: docs/runbook\\.md#${name}$`))
  })

  test('look at metrics that the code notes, by the dimensions under which it notes them', () => {
    const own = [...alarms].flatMap(([name, alarm]) =>
      statsOf(alarm).flatMap((stat) => (stat.Namespace === metricNamespace ? [{ name, stat }] : [])),
    )
    expect(own.length).toBeGreaterThan(15)
    for (const { name, stat } of own) {
      expect(noted, name).toContain(stat.MetricName)
      expect(stat.Dimensions, name).toEqual([{ Name: 'stage', Value: 'dev' }])
    }
  })

  test('look at no other metrics than those that AWS has of functions and queues', () => {
    const others = [...alarms.values()]
      .flatMap(statsOf)
      .filter(({ Namespace }) => Namespace !== metricNamespace)
    expect(
      [...new Set(others.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`))].toSorted(),
    ).toEqual([
      'AWS/Lambda Errors',
      'AWS/Lambda Invocations',
      'AWS/Lambda Throttles',
      'AWS/SQS ApproximateAgeOfOldestMessage',
      'AWS/SQS ApproximateNumberOfMessagesVisible',
    ])
  })

  test('watch every queue, every dead-letter queue and every function', () => {
    const seen = JSON.stringify([...alarms.values()].map(statsOf))
    for (const [id] of all(sluice, 'AWS::SQS::Queue')) expect(seen).toContain(`"${id}"`)
    for (const [id] of all(sluice, 'AWS::Lambda::Function'))
      expect(seen.split(`"${id}"`).length, id).toBeGreaterThan(2)
  })

  test('ring where a schedule starts nothing: no data is as bad as too much', () => {
    const breaching = [...alarms].filter(([, { TreatMissingData }]) => TreatMissingData === 'breaching')
    const seen = JSON.stringify(breaching.map(([, alarm]) => statsOf(alarm)))
    const scheduled = all(sluice, 'AWS::Scheduler::Schedule').map(([, schedule]) =>
      JSON.stringify((properties(schedule)['Target'] as { Arn: unknown }).Arn),
    )
    expect(breaching).toHaveLength(scheduled.length)
    for (const name of ['sweeper', 'refresher', 'poller'] as const) {
      const { id } = functionOf(sluice, name)
      expect(seen, name).toContain(id)
      expect(
        scheduled.some((arn) => arn.includes(id)),
        name,
      ).toBe(true)
    }
  })

  test('tell the topic, which lets CloudWatch publish and nobody without TLS', () => {
    const topic = one(sluice, 'AWS::SNS::Topic').id
    for (const [name, { AlarmActions }] of alarms) expect(AlarmActions, name).toEqual([{ Ref: topic }])
    const policy = JSON.stringify(properties(one(sluice, 'AWS::SNS::TopicPolicy')))
    expect(policy).toContain('{"Service":"cloudwatch.amazonaws.com"}')
    expect(policy).toContain('"aws:SecureTransport":"false"')
    expect(sluice.Outputs['AlarmTopic']?.Value).toEqual({ Ref: topic })
  })

  test('tell the address that the config names, and nobody where it names none', async () => {
    expect(all(sluice, 'AWS::SNS::Subscription')).toEqual([])
    const told = await template({ config: { ...config, alarms: { email: 'ops@example.com' } } })
    expect(properties(one(told, 'AWS::SNS::Subscription'))).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    })
  })
})

test('the dashboard shows nothing that is not noted', () => {
  const body = JSON.stringify(properties(one(sluice, 'AWS::CloudWatch::Dashboard')))
  const plain = body.replaceAll('\\', '')
  const names = [
    ...[...plain.matchAll(/"Sluice","(\w+)"/g)].map(([, name = '']) => name),
    ...[...plain.matchAll(/MetricName="(\w+)"/g)].map(([, name = '']) => name),
  ]
  expect(names.length).toBeGreaterThan(20)
  for (const name of names) expect(noted).toContain(name)
})

test('every metric is noted somewhere, and told of in the documentation', () => {
  expect(known.filter((name) => !noted.has(name))).toEqual([])
  const told = [...read('docs/observability.md').matchAll(/`([A-Z]\w+)`/g)].map(([, name = '']) => name)
  expect(known.filter((name) => !told.includes(name))).toEqual([])
})
