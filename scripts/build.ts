import { globSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { styleText } from 'node:util'
import { build, type Metafile } from 'esbuild'
import type { PollConfig, SluiceConfig } from '#lib/config/define-config.ts'
import { parseConfig } from '#lib/config/parse-config.ts'
import { wantedOf } from '#lib/polling/wanted.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import type { Endpoint } from '#lib/webhooks/directory.ts'
import deployed from '#config'
import { lazy } from './bundle/lazy.ts'
import { bundleOptions, eager, reachable } from './bundle/options.ts'
import { repository } from './bundle/repository.ts'

export interface Built {
  readonly name: string
  /** `{outDir}/{name}`: what is deployed. */
  readonly folder: string
  readonly metafile: Metafile
  /** Of the bundles that it loads only when it needs them. */
  readonly later: readonly Metafile[]
}

/**
 * Bundles each folder of `functions/` that has a `handler.ts` to `{outDir}/{name}/index.mjs`, with what is compiled from
 * `sluice.config.ts` where the function reads it: the webhook addresses, and their providers' declarations.
 * @throws SluiceError `MISCONFIGURED` when the config has faults.
 */
export async function buildFunctions({
  outDir,
  config = deployed,
}: {
  readonly outDir: string
  /** In place of `sluice.config.ts`; handlers are always those of the file. */
  readonly config?: SluiceConfig
}): Promise<readonly Built[]> {
  const { endpoints, polls } = parseConfig(config)
  // Says which parameters a stream lacks.
  wantedOf(polls, findProvider)
  const handlers = globSync('functions/*/handler.{ts,tsx}', { cwd: repository }).toSorted()
  return Promise.all(
    handlers.map(async (handler) => {
      const built = await buildFunction(handler, outDir)
      for (const [reader, { name, content }] of Object.entries(compiled(endpoints, polls))) {
        if (Object.hasOwn(built.metafile.inputs, reader))
          await writeFile(join(built.folder, name), JSON.stringify(content))
      }
      return built
    }),
  )
}

/** By the file that reads it: what is written beside the code of a function that has that file. */
const compiled = (endpoints: readonly Endpoint[], polls: readonly PollConfig[]) => ({
  'lib/polling/poll-config.file.ts': { name: 'polls.json', content: polls },
  'lib/webhooks/directory.file.ts': { name: 'directory.json', content: endpoints },
  'lib/webhooks/declarations.file.ts': {
    name: 'declarations.json',
    content: Object.fromEntries(
      endpoints.map(({ provider }) => [provider, findProvider(provider)?.webhooks]),
    ),
  },
})

async function buildFunction(handler: string, outDir: string): Promise<Built> {
  const name = basename(dirname(handler))
  const folder = join(outDir, name)
  const found = new Set<string>()
  const main = await bundle('index', handler, folder, found)
  const later = await Promise.all(
    [...found].map((path) => bundle(basename(path, '.ts'), path, folder, found)),
  )
  // Chunks are named by their content: those of an earlier build would be deployed along.
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const files = [main, ...later].flatMap((result) => result.files)
  await Promise.all(files.map((file) => writeFile(file.path, file.contents)))
  return { name, folder, metafile: main.metafile, later: later.map(({ metafile }) => metafile) }
}

/** One entry and its chunks, without those that nothing leads to. */
async function bundle(name: string, entry: string, folder: string, found: Set<string>) {
  const options = bundleOptions()
  const { outputFiles, metafile } = await build({
    ...options,
    plugins: [...options.plugins, lazy(found)],
    entryPoints: { [name]: entry },
    outdir: folder,
    write: false,
  })
  const wanted = new Set(reachable(metafile, `${name}.mjs`).outputs.map((path) => join(repository, path)))
  return { metafile, files: outputFiles.filter(({ path }) => wanted.has(path)) }
}

if (import.meta.main) {
  const outDir = join(repository, 'dist')
  for (const { name, folder, metafile } of await buildFunctions({ outDir })) {
    const size = `${Math.round(eager(metafile).bytes / 1_024)} KB at start`
    process.stdout.write(`${relative(repository, folder)}  ${styleText('dim', `${name}: ${size}`)}\n`)
  }
}
