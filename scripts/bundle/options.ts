import { join } from 'node:path'
import type { BuildOptions, Metafile } from 'esbuild'
import { builtins } from './builtins.ts'

export const repository = join(import.meta.dirname, '..', '..')

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
        '@aws-sdk/credential-provider-node': join(import.meta.dirname, 'environment-credentials.ts'),
      },
    }),
  } as const satisfies BuildOptions
}

/** What a start has to load: the entry's output and every chunk it imports, directly or not, but not by `import()`. */
export interface Eager {
  readonly bytes: number
  readonly outputs: readonly string[]
  /** Source files, relative to the repository, of which code is in those outputs. */
  readonly inputs: readonly string[]
}

export function eager(metafile: Metafile): Eager {
  const entries = Object.entries(metafile.outputs)
  const outputs = new Set(entries.filter(([, output]) => isMain(output, metafile)).map(([path]) => path))
  for (const path of outputs) {
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && metafile.outputs[next]) outputs.add(next)
  }
  const loaded = [...outputs].map((path) => metafile.outputs[path]).filter((output) => output !== undefined)
  return {
    bytes: loaded.reduce((sum, { bytes }) => sum + bytes, 0),
    outputs: [...outputs],
    inputs: loaded.flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([path]) => path),
    ),
  }
}

/** Lazy chunks have an entry point too; the main one is that which no `import()` leads to. */
function isMain(output: Metafile['outputs'][string], { outputs }: Metafile): boolean {
  if (!output.entryPoint) return false
  const lazy = Object.values(outputs).flatMap(({ imports }) =>
    imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path),
  )
  return !lazy.some((path) => outputs[path] === output)
}
