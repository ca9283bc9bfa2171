import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

/** A fault planted in one file of the product: `from` stands there once and becomes `to`. */
export interface Planted {
  readonly name: string
  readonly what: string
  readonly file: string
  readonly from: string
  readonly to: string
}

/** The module `entry` as it would be with the fault, to see that the tests notice. The product itself is not touched. */
export async function withPlanted<Module>(entry: string, { name, file, from, to }: Planted): Promise<Module> {
  const path = join(root, file)
  const source = await readFile(path, 'utf8')
  if (source.split(from).length !== 2) throw new Error(`${file} does not have "${from}" once`)
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: [
      {
        name: 'planted',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path ? { contents: source.replace(from, () => to), loader: 'ts' } : undefined,
          ),
      },
    ],
  })
  const folder = join(root, 'node_modules', '.cache', 'planted')
  await mkdir(folder, { recursive: true })
  const out = join(folder, `${name}.mjs`)
  await writeFile(out, outputFiles[0]?.contents ?? '')
  return (await import(`${pathToFileURL(out).href}?${process.pid}`)) as Module
}
