import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFunctions, type Built } from '../../scripts/build.ts'
import { bundleOptions, eager, type Loaded } from '../../scripts/bundle/options.ts'
import { env } from '#lib/config/names.ts'
import { parseConfig } from '#lib/config/parse-config.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import config from '#config'

const outDir = mkdtempSync(join(tmpdir(), 'sluice-dist-'))
afterAll(() => rmSync(outDir, { recursive: true, force: true }))

let functions: ReadonlyMap<string, Built>
let webhook: Loaded
beforeAll(async () => {
  const built = await buildFunctions({ outDir })
  functions = new Map(built.map((each) => [each.name, each]))
  webhook = start('webhook')
})

function start(name: string): Loaded {
  const built = functions.get(name)
  if (!built) throw new Error(`${name} was not built`)
  return eager(built.metafile)
}

const packages = ({ inputs }: Loaded): Set<string> =>
  new Set(inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))

/** The least that could do the webhook function's job with the public packages: a route and one SendMessage. */
const peer = `
  import { Hono } from 'hono'
  import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
  const client = new SQSClient({})
  const app = new Hono()
  app.post('/webhooks/:provider', async (c) => {
    await client.send(new SendMessageCommand({ QueueUrl: 'x', MessageBody: await c.req.text() }))
    return c.body(null, 202)
  })
  export const handler = app.fetch`

describe('the webhook function', () => {
  test('loads at its start at most 1.15 times the bytes of Hono and client-sqs', async () => {
    const { metafile } = await build({
      ...bundleOptions({ credentials: 'chain' }),
      stdin: { contents: peer, resolveDir: import.meta.dirname, sourcefile: 'peer.js' },
      outdir: outDir,
      write: false,
    })
    const alone = eager(metafile, 'stdin.mjs')

    expect(packages(alone)).toContain('@aws-sdk/client-sqs')
    expect(packages(alone)).toContain('hono')
    // Both files that it reads at its start count too.
    const read = ['directory.json', 'declarations.json'].map(
      (name) => statSync(join(outDir, 'webhook', name)).size,
    )
    expect((webhook.bytes + read.reduce((sum, size) => sum + size, 0)) / alone.bytes).toBeLessThanOrEqual(
      1.15,
    )
  })

  test('contains neither DynamoDB nor KMS, at its start or later', async () => {
    const everything = Object.keys(functions.get('webhook')?.metafile.inputs ?? {}).join('\n')
    expect(everything).toContain('@aws-sdk/client-sqs')
    expect(everything).not.toMatch(/client-dynamodb|client-kms|lib-dynamodb/)
    // Their protocols' own names, so that a copy under another path is found too.
    expect(await codeOf(join(outDir, 'worker'))).toContain('DynamoDB_20120810')
    expect(await codeOf(join(outDir, 'webhook'))).not.toMatch(/DynamoDB_20120810|TrentService/)
  })

  test('loads no schema library, no S3 client and no handler at its start', () => {
    expect(packages(webhook)).not.toContain('zod')
    expect(packages(webhook)).not.toContain('@aws-sdk/client-s3')
    expect(webhook.inputs.filter((path) => path.startsWith('handlers/'))).toEqual([])
  })

  test('starts without any AWS service, without undici and without http2', () => {
    expect(startWebhook()).toEqual({ loaded: [], statusCode: 405 })
  })

  test('carries the directory of the config that it was built from', () => {
    const directory = readFileSync(join(outDir, 'webhook', 'directory.json'), 'utf8')
    expect(JSON.parse(directory)).toEqual(parseConfig(config).endpoints)
  })

  test('carries the declarations of the providers that the config names, and of no other', () => {
    const named = new Set(parseConfig(config).endpoints.map(({ provider }) => provider))
    const declarations = readFileSync(join(outDir, 'webhook', 'declarations.json'), 'utf8')
    expect(JSON.parse(declarations)).toEqual(
      Object.fromEntries([...named].map((id) => [id, findProvider(id)?.webhooks])),
    )
    expect(webhook.inputs.filter((path) => path.startsWith('lib/providers/'))).toEqual([])
  })
})

/** All code that is deployed in this folder. */
async function codeOf(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs'))
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
}

/** Starts the built webhook function in a process of its own, sends it a GET, and says what Node has loaded by then. */
const probe = `
  const { handler } = await import(process.argv[1])
  const loaded = process.moduleLoadList.filter((name) => /undici|internal\\/http2/.test(name))
  const http = { method: 'GET', path: '/webhooks/stripe' }
  const { statusCode } = await handler({
    version: '2.0', rawPath: http.path, rawQueryString: '', headers: { host: 'x' }, isBase64Encoded: false,
    requestContext: { http, requestId: 'r', stage: '$default' },
  })
  console.log(JSON.stringify({ loaded, statusCode }))
  process.exit()`

function startWebhook(): { loaded: string[]; statusCode: number } {
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    // Nothing listens there: the start must not wait for any service.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    [env.stage]: 'dev',
    [env.eventsQueueUrl]: 'http://127.0.0.1:1/queue',
    [env.bucket]: 'bucket',
  }
  const bundle = pathToFileURL(join(outDir, 'webhook', 'index.mjs')).href
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', probe, bundle], {
    env: environment,
  })
  const last = output.toString().trim().split('\n').at(-1) ?? ''
  return JSON.parse(last) as { loaded: string[]; statusCode: number }
}

const text = (output: string): string => readFileSync(join(import.meta.dirname, '..', '..', output), 'utf8')

describe('every function', () => {
  test('is built: one bundle for each folder with a handler', async () => {
    const folders = await readdir(join(import.meta.dirname, '..', '..', 'functions'))
    // What they compose alike is no function.
    expect([...functions.keys(), 'common'].toSorted()).toEqual(folders.toSorted())
    for (const name of functions.keys()) expect(existsSync(join(outDir, name, 'index.mjs'))).toBe(true)
  })

  test('reads credentials from its environment alone, in whatever it may load', async () => {
    for (const [name, { folder }] of functions) {
      const code = await codeOf(folder)
      expect(code, name).toContain('AWS_SECRET_ACCESS_KEY')
      expect(code, name).not.toMatch(/AWS_WEB_IDENTITY_TOKEN_FILE|AWS_CONTAINER_CREDENTIALS|sso_start_url/)
    }
  })

  test('takes built-ins without the ESM wrappers that load undici', () => {
    for (const name of functions.keys()) {
      for (const file of start(name).outputs) {
        expect(text(file), file).not.toMatch(/\bfrom ?["']node:/)
        expect(text(file), file).not.toMatch(/\bimport ?["']node:/)
      }
    }
  })

  test('opens S3 by a bundle of its own', () => {
    for (const name of ['webhook', 'worker', 'sweeper']) {
      expect(existsSync(join(outDir, name, 's3-sdk.mjs')), name).toBe(true)
      expect(packages(start(name)), name).not.toContain('@aws-sdk/client-s3')
    }
  })

  test('is deployed with nothing that no import leads to', async () => {
    for (const [name, { folder }] of functions) {
      const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs'))
      const code = await codeOf(folder)
      const orphans = files.filter((file) => file !== 'index.mjs' && !code.includes(`./${file}`))
      expect(orphans, name).toEqual([])
    }
  })
})

test('the proxy starts with what it calls by, and without CDK, handlers or an S3 client', () => {
  const proxy = start('proxy')
  expect(proxy.inputs).toContain('lib/outbound/transport.https.ts')
  expect(proxy.inputs.filter((path) => path.startsWith('handlers/'))).toEqual([])
  expect(packages(proxy)).not.toContain('@aws-sdk/client-s3')
  expect(existsSync(join(outDir, 'proxy', 's3-sdk.mjs'))).toBe(true)
})

test('the worker contains no web framework', () => expect(packages(start('worker'))).not.toContain('hono'))

test('only connecting starts with the OAuth library; the refresher and the console may load it, and the others can not', async () => {
  expect(packages(start('oauth'))).toContain('oauth4webapi')
  expect(packages(start('refresher'))).not.toContain('oauth4webapi')
  expect(packages(start('admin'))).not.toContain('oauth4webapi')
  expect(existsSync(join(outDir, 'refresher', 'metadata.mjs'))).toBe(true)
  expect(existsSync(join(outDir, 'admin', 'exchange-code.mjs'))).toBe(true)
  for (const name of ['webhook', 'worker', 'sweeper']) {
    // A message of its own, so that a copy under another path is found too.
    expect(await codeOf(join(outDir, name)), name).not.toContain('unexpected "iss" (issuer) response')
  }
})

test('what an earlier build left is not deployed along', async () => {
  const { writeFile } = await import('node:fs/promises')
  const stale = join(outDir, 'webhook', 'chunk-STALE.mjs')
  await writeFile(stale, '')
  await buildFunctions({ outDir })
  expect(existsSync(stale)).toBe(false)
})
