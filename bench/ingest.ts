import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { env } from '#lib/config/names.ts'
import { buildFunctions } from '../scripts/build.ts'
import { bundleOptions, eager } from '../scripts/bundle/options.ts'
import { median } from './measure.ts'
import { fixed, kilobytes, table } from './table.ts'

const rounds = 21

/** What a start of the webhook function loads, and how long that takes, against Hono with client-sqs alone. */
export async function benchIngest(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    const empty = join(folder, 'empty.mjs')
    writeFileSync(empty, 'export const handler = () => {}\n')
    const bundles = [
      { name: 'empty handler', file: empty, bytes: 0 },
      await peer('Hono + client-sqs', folder, 'chain'),
      await peer('Hono + client-sqs, credentials as sluice', folder, 'environment'),
      await webhook(folder),
    ]
    return report(bundles)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Bundle {
  readonly name: string
  readonly file: string
  /** What the start loads; chunks for later are not counted. */
  readonly bytes: number
}

async function peer(name: string, folder: string, credentials: 'chain' | 'environment'): Promise<Bundle> {
  const outdir = join(folder, `peer-${credentials}`)
  const { metafile } = await build({
    ...bundleOptions({ credentials }),
    entryPoints: { index: join(import.meta.dirname, 'ingest-peer.js') },
    outdir,
  })
  return { name, file: join(outdir, 'index.mjs'), bytes: eager(metafile).bytes }
}

async function webhook(folder: string): Promise<Bundle> {
  const built = (await buildFunctions({ outDir: join(folder, 'dist') })).find(
    ({ name }) => name === 'webhook',
  )
  if (!built) throw new Error('there is no webhook function to measure')
  return { name: 'sluice webhook', file: join(built.folder, 'index.mjs'), bytes: eager(built.metafile).bytes }
}

function report(bundles: readonly Bundle[]): string {
  const times = bundles.map(() => [] as number[])
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { file }] of bundles.entries()) times[i]?.push(initMs(file))
  }
  const overEmpty = times.map((own) => median(own.map((ms, round) => ms - (times[0]?.[round] ?? 0))))
  const [base, baseMs] = [bundles[1], overEmpty[1] ?? Number.NaN]
  return table(
    ['webhook start', 'loaded', 'ratio', 'init ms over empty', 'ratio'],
    bundles.map(({ name, bytes }, i) => [
      name,
      kilobytes(bytes),
      fixed(bytes / (base?.bytes ?? Number.NaN)),
      fixed(overEmpty[i] ?? Number.NaN, 1),
      fixed((overEmpty[i] ?? Number.NaN) / baseMs),
    ]),
  )
}

function initMs(file: string): number {
  const output = execFileSync(process.execPath, [join(import.meta.dirname, 'init-probe.js'), file], {
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      // Nothing listens there: a start must not wait for any service.
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      [env.stage]: 'bench',
      [env.eventsQueueUrl]: 'http://127.0.0.1:1/queue',
      [env.bucket]: 'bench',
    },
  })
  return Number(output.toString().trim().split('\n').at(-1))
}
