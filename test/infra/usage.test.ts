import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FunctionName } from '#infra/plan.ts'
import type { SynthesizedTemplate } from '#infra/synth.ts'
import { buildFunctions, type Built } from '../../scripts/build.ts'
import { eager } from '../../scripts/bundle/options.ts'
import { grantsOf, template } from './given.ts'

const outDir = mkdtempSync(join(tmpdir(), 'sluice-usage-'))
afterAll(() => rmSync(outDir, { recursive: true, force: true }))

let built: readonly Built[]
let sluice: SynthesizedTemplate
beforeAll(async () => {
  built = await buildFunctions({ outDir })
  sluice = await template()
})

/** Services whose commands a bundle holds one by one. The S3 client's come together, so S3 is looked at by prefix elsewhere. */
const prefixOf = new Map([
  ['client-sqs', 'sqs'],
  ['client-dynamodb', 'dynamodb'],
  ['client-eventbridge', 'events'],
  ['client-secrets-manager', 'secretsmanager'],
  ['client-kms', 'kms'],
  ['client-cloudwatch', 'cloudwatch'],
])

/** Carried by every DynamoDB client for a feature that is off: finding endpoints by asking. */
const neverCalled = 'dynamodb:DescribeEndpoints'

/** What Lambda does in a function's name to bring it its batches. */
const byEventSource = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage']

/** The actions behind the SDK commands that are in a function's bundles, those that are loaded later included. */
function uses({ metafile, later }: Built): string[] {
  const inputs = [...eager(metafile).inputs, ...later.flatMap((each) => includedIn(each))]
  const actions = inputs.flatMap((path) => {
    const [, client = '', command] =
      /@aws-sdk\/([^/]+)\/dist-es\/commands\/(\w+)Command\.js$/.exec(path) ?? []
    const prefix = prefixOf.get(client)
    // One permission is for both ways of sending.
    return prefix && command ? [`${prefix}:${command.replace('SendMessageBatch', 'SendMessage')}`] : []
  })
  return [...new Set(actions)].filter((action) => action !== neverCalled).toSorted()
}

/** Files of which code is in any output. */
const includedIn = ({ outputs }: Metafile): string[] =>
  Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )

test('every function may do what its code does, and nothing that it does not', () => {
  const prefixes = [...prefixOf.values()]
  for (const fn of built) {
    const name = fn.name as FunctionName
    const granted = grantsOf(sluice, name).map(({ action }) => action)
    const comparable = granted.filter((action) => prefixes.some((prefix) => action.startsWith(`${prefix}:`)))
    const lambda = ['worker', 'poller', 'sweeper'].includes(name) ? byEventSource : []

    expect([...new Set(comparable)].toSorted(), name).toEqual(
      [...new Set([...uses(fn), ...lambda])].toSorted(),
    )
  }
})

test('the comparison has something to compare', () => {
  const found = Object.fromEntries(built.map((each) => [each.name, uses(each)]))
  expect(found['webhook']).toEqual(['secretsmanager:GetSecretValue', 'sqs:SendMessage'])
})
