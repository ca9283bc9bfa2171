import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ApiError } from '#lib/errors/api-error.ts'
import { providers } from '#lib/providers/catalog.ts'
import type { CallOptions } from '#lib/outbound/connection-fetch.ts'
import type { ConnectionRef } from '#lib/outbound/sluice.ts'
import type { Handler, HandlerContext, SluiceEvent } from '#lib/processing/handler.ts'
import { failure, givenSdk, type Answer } from '#test/fakes/given-sdk.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const document = readFileSync(join(root, 'docs', 'calling.md'), 'utf8')
const codesOf = (text: string): string[] =>
  [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
const examples = codesOf(document)
const handlersOfReadme = codesOf(readFileSync(join(root, 'README.md'), 'utf8')).filter((code) =>
  code.includes('export default on'),
)

/** The examples, each in a file of its own, in a folder beside this test. */
function written(codes: readonly string[]): { readonly room: string; readonly files: readonly string[] } {
  const room = mkdtempSync(join(import.meta.dirname, 'example-'))
  onTestFinished(() => rmSync(room, { recursive: true }))
  const files = codes.map((code, index) => {
    const file = join(room, `example-${index}.ts`)
    writeFileSync(file, code)
    return file
  })
  return { room, files }
}

/** What the compiler says of them, under the settings of the repository. */
function typeFaults(codes: readonly string[]): string {
  const { room } = written(codes)
  const settings = join(room, 'tsconfig.json')
  writeFileSync(settings, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [room] }))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', settings], {
      encoding: 'utf8',
    })
    return ''
  } catch (failed) {
    return (failed as { stdout: string }).stdout
  }
}

interface Run {
  readonly provider: string
  readonly data?: unknown
  readonly answers: readonly Answer[]
  /** What the provider sees. */
  readonly calls: readonly string[]
}

const repository = { name: 'books', full_name: 'acme/books', owner: { login: 'acme' } }
const issue = { repository, issue: { number: 7 } }

/** By the order of the document. */
const runs: readonly Run[] = [
  {
    provider: 'github',
    data: issue,
    answers: [{ json: [] }],
    calls: ['POST /repos/acme/books/issues/7/labels'],
  },
  { provider: 'google-drive', answers: [{ bytes: Buffer.from('abc') }], calls: ['GET /drive/v3/files/1'] },
  {
    provider: 'stripe',
    data: { data: { object: { charge: 'ch_1' } } },
    answers: [{ json: { id: 're_1' } }],
    calls: ['POST /v1/refunds'],
  },
  {
    provider: 'github',
    data: issue,
    answers: [{ json: [] }],
    calls: ['GET /repos/acme/books/issues/7/comments'],
  },
  {
    provider: 'slack',
    data: { event: { channel: 'C1', ts: '1.2' } },
    answers: [{ json: { ok: true } }],
    calls: ['POST /api/chat.postMessage'],
  },
  { provider: 'google-drive', answers: [{ json: { files: [] } }], calls: ['GET /drive/v3/files'] },
  {
    provider: 'twilio',
    data: { AccountSid: 'AC1', MessageSid: 'SM1' },
    answers: [{ json: { sid: 'SM1', error_code: 30_005 } }],
    calls: ['GET /2010-04-01/Accounts/AC1/Messages/SM1.json'],
  },
  {
    provider: 'sendgrid',
    data: { email: 'a@example.com' },
    answers: [{ status: 202 }],
    calls: ['POST /v3/mail/send'],
  },
  { provider: 'leaflink', answers: [{ json: { count: 3 } }], calls: ['GET /api/v2/orders-received/'] },
]

/** Runs an example as a handler, with one event, by a connection to a provider on this machine. */
async function running(file: string, { provider, data, answers }: Run, openMs?: number) {
  const { default: handler } = (await import(file)) as { default: Handler }
  const world = await givenSdk({ provider, answers, ...(openMs !== undefined && { openMs }) })
  const asked: unknown[] = []
  const ctx = {
    log: () => {},
    sluice: {
      fetch: (connection?: ConnectionRef, options?: CallOptions) => {
        asked.push(connection?.provider ?? provider)
        return world.fetchBy(options ?? {})
      },
    },
  } as unknown as HandlerContext
  const error = await failure(Promise.resolve(handler.run({ data } as SluiceEvent, ctx)))
  return { ...world, asked, error }
}

test('README.md has handlers that type-check, and the one that calls does', async () => {
  expect(handlersOfReadme).toHaveLength(2)
  expect(typeFaults(handlersOfReadme)).toBe('')
  const data = { data: { object: { number: 'A-1' } } }
  const { seen, error } = await running(written(handlersOfReadme).files[1] ?? '', {
    provider: 'slack',
    data,
    answers: [{ json: { ok: true } }],
    calls: [],
  })
  expect(error).toBeUndefined()
  expect(new URLSearchParams(seen[0]?.body.toString()).get('text')).toBe('A-1 was not paid')
}, 60_000)

describe('docs/calling.md', () => {
  test('has examples that type-check', () => {
    expect(examples).toHaveLength(runs.length)
    expect(typeFaults(examples)).toBe('')
  }, 60_000)

  test('would not pass with a word that is not there', () => {
    expect(typeFaults(examples.map((code) => code.replace('maxNetworkRetries', 'mostRetries')))).toContain(
      'mostRetries',
    )
  }, 60_000)

  test.each(runs.map((run, index) => ({ ...run, index })))(
    'has example $index, which calls $calls',
    async ({ index, ...run }) => {
      const { seen, asked, error } = await running(written(examples).files[index] ?? '', run)
      expect(error).toBeUndefined()
      expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual(run.calls)
      expect(seen[0]?.headers.get('authorization')).toBe('Bearer real-1')
      expect(asked).toEqual([run.provider])
    },
  )

  test.each(runs.map((run, index) => ({ ...run, index })))(
    'says where the error of example $index has what held its call back',
    async ({ index, ...run }) => {
      const { seen, error } = await running(written(examples).files[index] ?? '', run, 60_000)
      expect(seen).toEqual([])
      const { cause, original, detail } = error as Record<string, unknown>
      expect([error, cause, original, detail].some((each) => each instanceof ApiError)).toBe(true)
    },
  )

  test('speaks of every SDK that is tried', () => {
    const sdks = [
      'stripe',
      '@octokit/rest',
      '@slack/web-api',
      'gaxios',
      'twilio',
      '@sendgrid/client',
      'axios',
    ]
    for (const sdk of sdks) expect(document).toContain(`\`${sdk}`)
  })

  test('names Slack as the one provider whose reads are POSTs, and Stripe’s as the one SDK that draws keys', () => {
    const having = (has: (api: (typeof providers)[number]['api']) => boolean): string[] =>
      providers.filter(({ api }) => has(api)).map(({ id }) => id)
    expect(having((api) => api?.reads !== undefined)).toEqual(['slack'])
    expect(having((api) => api?.idempotency?.drawn !== undefined)).toEqual(['stripe'])
  })
})
