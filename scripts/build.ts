import { existsSync, globSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { styleText } from 'node:util'
import { build, type Metafile } from 'esbuild'
import { parseConfig } from '#lib/config/parse-config.ts'
import config from '#config'
import { bundleOptions, eager, repository } from './bundle/options.ts'

export interface Built {
  readonly name: string
  /** `{outDir}/{name}`: what is deployed. */
  readonly folder: string
  readonly metafile: Metafile
}

/** Whoever reads this file gets the compiled directory beside its code. */
const readsDirectory = 'lib/webhooks/directory.file.ts'

/**
 * Bundles each folder of `functions/` that has a `handler.ts` to `{outDir}/{name}/index.mjs`, with the directory of
 * webhook addresses compiled from `sluice.config.ts` where the function reads one.
 * @throws SluiceError `MISCONFIGURED` when the config has faults.
 */
export async function buildFunctions({ outDir }: { readonly outDir: string }): Promise<readonly Built[]> {
  const { endpoints } = parseConfig(config)
  const handlers = globSync('functions/*/handler.{ts,tsx}', { cwd: repository }).toSorted()
  return Promise.all(
    handlers.map(async (handler) => {
      const built = await buildFunction(handler, outDir)
      if (Object.hasOwn(built.metafile.inputs, readsDirectory))
        await writeFile(join(built.folder, 'directory.json'), JSON.stringify(endpoints))
      return built
    }),
  )
}

async function buildFunction(handler: string, outDir: string): Promise<Built> {
  const name = basename(dirname(handler))
  const folder = join(outDir, name)
  // Chunks are named by their content: those of an earlier build would be deployed along.
  if (existsSync(folder)) await rm(folder, { recursive: true })
  await mkdir(folder, { recursive: true })
  const { metafile } = await build({ ...bundleOptions(), entryPoints: { index: handler }, outdir: folder })
  return { name, folder, metafile }
}

if (import.meta.main) {
  const outDir = join(repository, 'dist')
  for (const { name, folder, metafile } of await buildFunctions({ outDir })) {
    const size = `${Math.round(eager(metafile).bytes / 1_024)} KB at start`
    process.stdout.write(`${relative(repository, folder)}  ${styleText('dim', `${name}: ${size}`)}\n`)
  }
}
