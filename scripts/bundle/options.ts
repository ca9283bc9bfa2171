import { basename, extname, join } from 'node:path'
import type { BuildOptions, Metafile } from 'esbuild'
import { builtins } from './builtins.ts'
import { repository } from './repository.ts'

export interface BundleUse {
  /** `environment` (default) for functions; `chain` keeps the SDK's own search, to compare with. */
  readonly credentials?: 'environment' | 'chain'
}

/** How everything that runs on Lambda is bundled; benches and tests bundle their peers by the same options. */
export function bundleOptions(use: BundleUse = {}) {
  return {
    absWorkingDir: repository,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // The SDK's `main` is CommonJS, which nothing can be shaken out of.
    mainFields: ['module', 'main'],
    splitting: true,
    minify: true,
    legalComments: 'none',
    metafile: true,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    plugins: [builtins],
    logLevel: 'error',
    ...(use.credentials !== 'chain' && {
      alias: {
        '@aws-sdk/credential-provider-node': join(
          import.meta.dirname,
          `environment-credentials${extname(import.meta.filename)}`,
        ),
      },
    }),
  } as const satisfies BuildOptions
}

/** What a start has to load: the entry's output and every chunk it imports, directly or not, but not by `import()`. */
export const eager = (metafile: Metafile, entry = 'index.mjs'): Loaded =>
  closure(metafile, entry, (kind) => kind === 'import-statement')

/** What can be loaded at all. esbuild also writes chunks for an `import()` in code that was shaken out. */
export const reachable = (metafile: Metafile, entry = 'index.mjs'): Loaded =>
  closure(metafile, entry, () => true)

export interface Loaded {
  readonly bytes: number
  /** Paths as in the metafile: relative to the repository. */
  readonly outputs: readonly string[]
  /** Source files, relative to the repository, of which code is in those outputs. */
  readonly inputs: readonly string[]
}

function closure(metafile: Metafile, entry: string, follow: (kind: string) => boolean): Loaded {
  const paths = new Set(Object.keys(metafile.outputs).filter((path) => basename(path) === entry))
  for (const path of paths) {
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (follow(kind) && metafile.outputs[next]) paths.add(next)
  }
  const outputs = [...paths].map((path) => metafile.outputs[path]).filter((output) => output !== undefined)
  return {
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    outputs: [...paths],
    inputs: outputs.flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([path]) => path),
    ),
  }
}
