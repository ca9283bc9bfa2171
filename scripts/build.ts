import { globSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { build, type Metafile, type Plugin } from 'esbuild'
import type { SluiceConfig } from '#lib/config/define-config.ts'
import { parseConfig, type ParsedConfig } from '#lib/config/parse-config.ts'
import { wantedSubscriptions } from '#lib/polling/keeper-wanted.ts'
import { wantedOf } from '#lib/polling/wanted.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { configFrom, loadConfig } from './bundle/config-file.ts'
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

export interface BuildWish {
  /** Gets one folder for each function. */
  readonly outDir: string
  /** What exports the config. Default: this repository's `sluice.config.ts`. */
  readonly configFile?: string
  /** In place of what the file exports; handlers are always those of the file. */
  readonly config?: SluiceConfig
}

/**
 * Bundles each folder of `functions/` that has a `handler.ts` to `{outDir}/{name}/index.mjs`, with what is compiled from
 * `sluice.config.ts` where the function reads it: the webhook addresses, and their providers' declarations.
 * @throws SluiceError `MISCONFIGURED` when the config has faults.
 */
export async function buildFunctions({
  outDir,
  configFile = ownConfig,
  config,
}: BuildWish): Promise<readonly Built[]> {
  const parsed = parseConfig(config ?? (await loadConfig(configFile)))
  // These say which parameters a stream or a subscription lacks.
  wantedOf(parsed.polls, findProvider)
  wantedSubscriptions(parsed.subscriptions, findProvider)
  const handlers = globSync(`functions/*/handler${extension}`, { cwd: repository }).toSorted()
  return Promise.all(
    handlers.map(async (handler) => {
      const built = await buildFunction(handler, { outDir, configFile })
      for (const [reader, { name, content }] of Object.entries(compiled(parsed))) {
        if (Object.hasOwn(built.metafile.inputs, `${reader}${extension}`))
          await writeFile(join(built.folder, name), JSON.stringify(content))
      }
      return built
    }),
  )
}

const ownConfig = join(repository, 'sluice.config.ts')

/** `.ts` in the repository, `.js` in the package that is made of it. */
const extension = extname(import.meta.filename)

/** By the file that reads it: what is written beside the code of a function that has that file. */
const compiled = ({ endpoints, polls, subscriptions }: ParsedConfig) => ({
  'lib/polling/poll-config.file': { name: 'polls.json', content: polls },
  'lib/polling/keeper-config.file': { name: 'subscriptions.json', content: subscriptions },
  'lib/webhooks/directory.file': { name: 'directory.json', content: endpoints },
  'lib/webhooks/declarations.file': {
    name: 'declarations.json',
    content: Object.fromEntries(
      endpoints.map(({ provider }) => [provider, findProvider(provider)?.webhooks]),
    ),
  },
})

async function buildFunction(
  handler: string,
  { outDir, configFile }: Required<Omit<BuildWish, 'config'>>,
): Promise<Built> {
  const plugins = [configFrom(configFile)]
  const name = basename(dirname(handler))
  const folder = join(outDir, name)
  const found = new Set<string>()
  const main = await bundle({ index: handler }, folder, { found, plugins })
  const later = await Promise.all(
    [...found].map((path) => bundle({ [basename(path, extension)]: path }, folder, { found, plugins })),
  )
  // Chunks are named by their content: those of an earlier build would be deployed along.
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const files = [main, ...later].flatMap((result) => result.files)
  await Promise.all(files.map((file) => writeFile(file.path, file.contents)))
  return { name, folder, metafile: main.metafile, later: later.map(({ metafile }) => metafile) }
}

/** One entry and its chunks, without those that nothing leads to. */
async function bundle(
  entryPoints: Readonly<Record<string, string>>,
  folder: string,
  { found, plugins }: { readonly found: Set<string>; readonly plugins: readonly Plugin[] },
) {
  const [name] = Object.keys(entryPoints)
  const options = bundleOptions()
  const { outputFiles, metafile } = await build({
    ...options,
    plugins: [...options.plugins, ...plugins, lazy(found)],
    entryPoints: { ...entryPoints },
    outdir: folder,
    write: false,
  })
  const wanted = new Set(reachable(metafile, `${name}.mjs`).outputs.map((path) => join(repository, path)))
  return { metafile, files: outputFiles.filter(({ path }) => wanted.has(path)) }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { config: { type: 'string' }, out: { type: 'string' } } })
  const outDir = resolve(values.out ?? join(repository, 'dist'))
  const configFile = resolve(values.config ?? ownConfig)
  for (const { name, folder, metafile } of await buildFunctions({ outDir, configFile })) {
    const size = `${Math.round(eager(metafile).bytes / 1_024)} KB at start`
    process.stdout.write(`${relative(repository, folder)}  ${styleText('dim', `${name}: ${size}`)}\n`)
  }
}
