import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '..', '..', '..', '..')
const document = readFileSync(join(repository, 'docs', 'operations.md'), 'utf8')
const examples = [...document.matchAll(/^( *)```ts\n(.*?)^ *```$/gms)].map(([, indent = '', code = '']) =>
  code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
)

const folder = mkdtempSync(join(tmpdir(), 'examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler says of these files, in a project that sees the repository's `lib`. */
async function compiled(files: Readonly<Record<string, string>>): Promise<string> {
  const project = mkdtempSync(join(folder, 'project-'))
  for (const name of ['lib', 'node_modules']) symlinkSync(join(repository, name), join(project, name))
  mkdirSync(join(project, 'src'))
  const options = {
    extends: join(repository, 'tsconfig.json'),
    include: ['src'],
    compilerOptions: { types: ['node'] },
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(options))
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ type: 'module', imports: { '#lib/*': './lib/*' } }),
  )
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, 'src', name), text)
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', project, '--pretty', 'false'], (_, said) => resolve(said))
  })
}

const given =
  "import type { ApiClient as Given } from '#lib/outbound/api-client.ts'\ndeclare const client: Given\nexport type { Given }\n"

test('every example of docs/operations.md compiles', { timeout: 60_000 }, async () => {
  const files = examples.map((code, nth) => [`example-${nth}.ts`, given + code] as const)
  expect(await compiled(Object.fromEntries(files))).toBe('')
  expect(examples.length).toBeGreaterThanOrEqual(16)
})

test('an example that does not fit would be seen', { timeout: 60_000 }, async () => {
  const [, stripe = ''] = examples
  expect(await compiled({ 'wrong.ts': given + stripe.replace("'usd', lines", 'lines') })).toContain(
    'wrong.ts(',
  )
})

test('docs/operations.md shows every file of operations', () => {
  const inside = new Set(['asking.ts', 'fields.ts', 'etherscan-transfers.ts'])
  const files = globSync('lib/outbound/operations/*.ts', { cwd: repository }).map((path) => basename(path))
  const shown = files.filter((file) => examples.some((code) => code.includes(`operations/${file}'`)))
  expect(files.filter((file) => !inside.has(file)).toSorted()).toEqual(shown.toSorted())
})
