import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** One planted violation per rule of the house: path, source, and the words its report must contain. */
const planted: readonly (readonly [path: string, source: string, report: string])[] = [
  ['lib/primitives/a.ts', "import '../config/defaults.ts'", 'lib/primitives may not use lib/config/defaults'],
  ['lib/primitives/b.ts', "import 'hono'", 'primitives know node:'],
  ['lib/errors/a.ts', "import '../config/names.ts'", 'lib/errors may not use lib/config/names'],
  ['lib/providers/a.ts', "import '../primitives/clock.ts'", 'lib/providers may not use'],
  ['lib/providers/b.ts', "import 'node:crypto'", 'a provider is pure data and imports nothing'],
  ['lib/access/a.ts', "import '../vault/vault.ts'", 'lib/access may not use lib/vault/vault'],
  ['lib/webhooks/g.ts', "import '../access/caller.ts'", 'lib/webhooks may not use lib/access/caller'],
  ['lib/vault/a.ts', "import '../buffer/envelope.ts'", 'lib/vault may not use lib/buffer/envelope'],
  ['lib/buffer/a.ts', "import '../idempotency/claim.ts'", 'lib/buffer may not use lib/idempotency/claim'],
  ['lib/idempotency/a.ts', "import '../vault/vault.ts'", 'lib/idempotency may not use lib/vault/vault'],
  ['lib/webhooks/a.ts', "import '../vault/vault.ts'", 'lib/webhooks may not use lib/vault/vault'],
  ['lib/webhooks/b.ts', "import '../idempotency/claim.ts'", 'lib/webhooks may not use lib/idempotency/claim'],
  ['lib/oauth/a.ts', "import '../buffer/buffer.ts'", 'lib/oauth may not use lib/buffer/buffer'],
  ['lib/outbound/a.ts', "import '../webhooks/verify.ts'", 'lib/outbound may not use lib/webhooks/verify'],
  ['lib/polling/a.ts', "import '../webhooks/ingest.ts'", 'lib/polling may not use lib/webhooks/ingest'],
  ['lib/processing/a.ts', "import '../oauth/refresh.ts'", 'lib/processing may not use lib/oauth/refresh'],
  ['lib/processing/b.ts', "export * from '../vault/vault.ts'", 'lib/processing may not use lib/vault/vault'],
  ['lib/processing/c.ts', "await import('../vault/vault.ts')", 'lib/processing may not use lib/vault/vault'],
  ['lib/buffer/b.sqs.ts', "import '../webhooks/ingest.ts'", 'lib/buffer may not use lib/webhooks/ingest'],
  ['lib/buffer/c.ts', "import './buffer.sqs.ts'", 'flows and ports do not know adapters'],
  ['lib/admin/a.ts', "import '../buffer/buffer.sqs.ts'", 'an adapter is chosen in a compose.ts'],
  ['lib/webhooks/c.ts', "import '@aws-sdk/client-sqs'", 'only adapters (port.vendor.ts) and lib/aws'],
  ['lib/webhooks/d.ts', "import 'aws-cdk-lib'", 'only infra knows CDK'],
  ['lib/webhooks/e.ts', "import 'zod'", "import * as z from 'zod/mini'"],
  ['lib/webhooks/f.ts', "import '../../functions/webhook/app.ts'", 'lib must not know functions'],
  ['lib/testing/a.ts', "import '../vault/vault.ts'", 'lib/testing may not use lib/vault/vault'],
  ['lib/processing/d.ts', "import '../testing/faults.ts'", 'lib/processing may not use lib/testing/faults'],
  ['functions/worker/compose.ts', "import '#lib/testing/faults.ts'", "lib/testing is for users' tests"],
  ['lib/attic/a.ts', "import '../vault/vault.ts'", 'is no room of the floor plan'],
  ['functions/webhook/a.ts', "import '../worker/batch.ts'", 'functions do not know each other'],
  ['functions/worker/b.ts', "import '../common/compose-calls.ts'", 'is for a compose.ts'],
  ['functions/common/a.ts', "import './compose-calls.ts'", 'is for a compose.ts'],
  ['functions/common/b.ts', "import '../admin/deps.ts'", 'functions do not know each other'],
  ['functions/common/compose-a.ts', "import '../admin/compose.ts'", 'functions do not know each other'],
  ['functions/common/c.ts', "import '#lib/vault/vault.dynamo.ts'", 'adapters are chosen in compose.ts'],
  ['functions/webhook/b.ts', "import '#lib/buffer/buffer.sqs.ts'", 'adapters are chosen in compose.ts'],
  ['functions/webhook/c.ts', "import '#lib/config/env.ts'", 'only compose.ts reads the environment'],
  ['functions/webhook/d.ts', "import '#config'", 'only compose.ts reads the config'],
  ['functions/webhook/e.ts', "import '@aws-sdk/client-sqs'", 'functions reach AWS through adapters'],
  ['functions/webhook/compose.ts', "import '#infra/stack.ts'", 'a function must not know infra'],
  ['infra/a.ts', "import '#lib/webhooks/ingest.ts'", 'infra may read lib/config, nothing else'],
  ['infra/b.ts', "import '../functions/webhook/app.ts'", 'infra names functions by their bundle'],
  ['infra/local/a.ts', "import '#lib/webhooks/ingest.ts'", 'infra may read lib/config, nothing else'],
  ['cli/a.ts', "import '#functions/webhook/app.ts'", 'the CLI talks to a deployment'],
  ['handlers/a.ts', "import '#lib/buffer/envelope.ts'", 'handlers see the public API alone'],
  ['handlers/b.ts', "import '#lib/outbound/call.ts'", 'handlers see the public API alone'],
  ['examples/embedded/a.ts', "import '#infra/sluice.ts'", 'an example takes Sluice from its package'],
  ['lib/http/a.ts', 'export const a = Date.now()', 'Date.now() is ambient'],
  ['lib/http/b.ts', 'export const a = new Date()', 'new Date() is ambient'],
  ['lib/http/c.ts', 'export const a = Math.random()', 'Math.random() is ambient'],
  ['lib/http/d.ts', 'export const a = crypto.randomUUID()', 'crypto.randomUUID() is ambient'],
  ['lib/http/e.ts', 'setTimeout(() => {}, 1)', 'setTimeout() is ambient'],
  ['lib/http/f.ts', "export const a = fetch('http://localhost')", 'fetch() is ambient'],
  ['lib/http/g.ts', 'export const a = new SQSClient({})', 'new SQSClient() is ambient'],
  ['functions/worker/a.ts', 'setInterval(() => {}, 1)', 'setInterval() is ambient'],
  ['lib/http/h.ts', 'export const a = process.env', 'process.env'],
  ['lib/http/i.ts', "console.log('x')", 'console'],
  ['lib/http/j.ts', 'export default 1', 'no-default-export'],
  ['lib/http/k.ts', 'export const a = (x: any): unknown => x', 'any'],
  ['lib/http/l.ts', 'export const a = (x: string | undefined): string => x!', 'non-null'],
]

/** What the plan allows; a rule that reports one of these is too strict. */
const allowed: readonly (readonly [path: string, source: string])[] = [
  ['lib/webhooks/ok1.ts', "import '../buffer/buffer.ts'"],
  ['lib/webhooks/ok2.ts', "import '../providers/catalog.ts'"],
  ['lib/admin/ok.ts', "import '../access/caller.ts'"],
  ['lib/testing/ok.ts', "import '../outbound/sluice.ts'"],
  ['lib/buffer/ok.sqs.ts', "import '@aws-sdk/client-sqs'"],
  ['lib/aws/ok.ts', "import { SQSClient } from '@aws-sdk/client-sqs'\nexport const a = new SQSClient({})"],
  ['lib/primitives/clock.ts', 'export const now = Date.now()'],
  ['lib/http/ok.ts', "export const day = new Date('2026-01-01')"],
  ['functions/admin/compose.ts', "import '#lib/buffer/buffer.sqs.ts'"],
  ['functions/worker/ok.ts', "import '../common/authenticate.ts'"],
  ['functions/sweeper/compose.ts', "import '../common/compose-calls.ts'"],
  ['infra/ok.ts', "import '#lib/config/names.ts'"],
  ['handlers/ok.ts', "import '#lib/processing/handler.ts'\nimport '#lib/outbound/adapters/axios.ts'"],
]

const repository = join(import.meta.dirname, '..', '..')
let room = ''
let reports: ReadonlyMap<string, string>

beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'sluice-plan-'))
  cpSync(join(repository, 'scripts', 'lint'), join(room, 'scripts', 'lint'), { recursive: true })
  const config = JSON.parse(readFileSync(join(repository, '.oxlintrc.json'), 'utf8')) as object
  writeFileSync(join(room, '.oxlintrc.json'), JSON.stringify({ ...config, options: { typeAware: false } }))
  for (const [path, source] of [...planted, ...allowed]) {
    mkdirSync(dirname(join(room, path)), { recursive: true })
    writeFileSync(join(room, path), `${source}\n`)
  }
  reports = lint()
})

afterAll(() => rmSync(room, { recursive: true, force: true }))

function lint(): ReadonlyMap<string, string> {
  const oxlint = join(repository, 'node_modules', '.bin', 'oxlint')
  const stdout = ((): string => {
    try {
      return execFileSync(
        oxlint,
        ['--format', 'json', 'lib', 'functions', 'infra', 'cli', 'handlers', 'examples'],
        {
          cwd: room,
          encoding: 'utf8',
        },
      )
    } catch (failed) {
      return (failed as { stdout: string }).stdout
    }
  })()
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { filename: string; message: string; code: string }[]
  }
  const byFile = new Map<string, string>()
  for (const { filename, message, code } of diagnostics) {
    byFile.set(filename, `${byFile.get(filename) ?? ''}${code} ${message}\n`)
  }
  return byFile
}

describe('a planted violation is caught', () => {
  test.each(planted)('%s: %s', (path, _source, report) => {
    expect(reports.get(path) ?? 'no report').toContain(report)
  })
})

describe('what the plan allows passes', () => {
  test.each(allowed)('%s: %s', (path) => {
    expect(reports.get(path) ?? '').not.toContain('house(')
  })
})
