import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { repository } from './bundle/repository.ts'

/** What can be imported from the package, and the file that has it. */
const entries = {
  './cdk': 'infra/sluice.ts',
  './config': 'lib/config/define-config.ts',
  './handler': 'lib/processing/handler.ts',
  './testing': 'lib/testing/testing.ts',
  './api-error': 'lib/errors/api-error.ts',
  './version-gate': 'lib/polling/version-gate.ts',
  './adapters/*': 'lib/outbound/adapters/*.ts',
  './operations/*': 'lib/outbound/operations/*.ts',
  ...Object.fromEntries(
    ['paginate', 'lines', 'graphql', 'graphql-pages', 'sse', 'websocket', 'update'].map((reader) => [
      `./${reader}`,
      `lib/outbound/${reader}.ts`,
    ]),
  ),
}

const sources = [
  'lib/**/*.ts',
  'functions/**/*.{ts,tsx}',
  'infra/{checks,code,plan,sluice}.ts',
  'infra/constructs/*.ts',
  'scripts/build.ts',
  'scripts/bundle/*.ts',
]

/** Node runs no TypeScript under `node_modules`: every file becomes JavaScript, and imports name that. */
const asJavaScript = (path: string): string => path.replace(/\.tsx?$/, '.js')

const apart: Plugin = {
  name: 'apart',
  setup: (bundler) =>
    bundler.onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === 'entry-point'
        ? undefined
        : { path: /^[.#]/.test(path) ? asJavaScript(path) : path, external: true },
    ),
}

/**
 * Makes the package that other CDK apps install: JavaScript, its declarations and a manifest. What it is made of is this
 * repository, file by file, so that a stack trace leads to a place that can be read.
 * @throws Error when the declarations cannot be made.
 */
export async function makePackage(outDir: string): Promise<void> {
  rmSync(outDir, { recursive: true, force: true })
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: repository }))
  await build({
    absWorkingDir: repository,
    entryPoints: files.filter((file) => !file.endsWith('.d.ts')),
    outdir: outDir,
    outbase: '.',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    plugins: [apart],
    logLevel: 'error',
  })
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.package.json', '--outDir', outDir], {
    cwd: repository,
    stdio: 'inherit',
  })
  for (const file of globSync('**/*.d.ts', { cwd: outDir })) nameDeclarations(join(outDir, file))
  for (const file of ['README.md', 'LICENSE']) cpSync(join(repository, file), join(outDir, file))
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
}

/** A declaration names its neighbours as their JavaScript, as TypeScript wants it of packages. */
function nameDeclarations(file: string): void {
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replaceAll(
      /(\bfrom |\bimport\(|^import )(["'])([.#][^"']*)\2/gm,
      (_, before: string, quote: string, path: string) => `${before}${quote}${asJavaScript(path)}${quote}`,
    ),
  )
}

interface Manifest {
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
}

/** The app has its own CDK; two would not know each other's constructs. */
const peers = ['aws-cdk-lib', 'constructs']
/** The local stack's and the repository's own. */
const left = ['node', 'tsx', 'dynalite', 'fauxqs', 'oidc-provider', 'open', 'commander', '@clack/prompts']

function manifest(): object {
  const own = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest
  const { version, description, license } = own
  const dependencies = Object.entries(own.dependencies).filter(([name]) => !left.includes(name))
  return {
    name: 'sluice',
    version,
    description,
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=22.18' },
    imports: Object.fromEntries(['lib', 'functions', 'infra'].map((room) => [`#${room}/*`, `./${room}/*`])),
    exports: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, exported(file)])),
    dependencies: Object.fromEntries(dependencies.filter(([name]) => !peers.includes(name))),
    peerDependencies: Object.fromEntries(
      dependencies.filter(([name]) => peers.includes(name)).map(([name, pinned]) => [name, `^${pinned}`]),
    ),
  }
}

const exported = (file: string) => ({
  types: `./${file.replace(/\.ts$/, '.d.ts')}`,
  default: `./${asJavaScript(file)}`,
})

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' } } })
  const outDir = resolve(values.out ?? join(repository, 'dist', 'package'))
  await makePackage(outDir)
  process.stdout.write(`${outDir}\n`)
}
