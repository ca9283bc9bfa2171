import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Provider } from '#lib/providers/provider.ts'
import { catalogOf } from '../../../scripts/catalog.ts'
import { testProvider } from '../../../scripts/kit/run.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const document = readFileSync(join(root, 'docs', 'add-a-provider.md'), 'utf8')
const example = (/```ts\n(.*?)```/s.exec(document)?.[1] ?? '').replaceAll(/^ {3}/gm, '')

/** The example in a file of its own beside this test, its import leading to the real type. */
function written(): string {
  const room = mkdtempSync(join(import.meta.dirname, 'example-'))
  onTestFinished(() => rmSync(room, { recursive: true }))
  const file = join(room, 'acme.ts')
  writeFileSync(file, example.replace("'./provider.ts'", "'#lib/providers/provider.ts'"))
  return file
}

/** What the compiler says of `file`, under the settings of the repository. */
function typeFaults(file: string): string {
  const settings = join(file, '..', 'tsconfig.json')
  writeFileSync(settings, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [file] }))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', settings], {
      encoding: 'utf8',
    })
    return ''
  } catch (failed) {
    return (failed as { stdout: string }).stdout
  }
}

test('the example is at most 80 lines, type-checks, and stands every case of the kit', async () => {
  expect(example.split('\n').length).toBeLessThanOrEqual(80)
  const file = written()
  expect(typeFaults(file)).toBe('')
  const { acme } = (await import(file)) as { acme: Provider }
  const [report] = await testProvider(acme)
  expect(report?.results.filter(({ outcome }) => outcome === 'pass')).toHaveLength(15)
  expect(report?.results.filter(({ outcome }) => outcome === 'fail')).toEqual([])
})

test('an example with a word that is not there does not type-check', () => {
  const file = written()
  writeFileSync(file, readFileSync(file, 'utf8').replace("kind: 'hmac'", "kind: 'hmca'"))
  expect(typeFaults(file)).toContain('hmca')
})

describe('the catalog', () => {
  const folder = join(root, 'lib', 'providers')
  const files = readdirSync(folder)

  test('is what the build writes from the folder, so that a provider takes no line in it', () => {
    expect(catalogOf(files)).toBe(readFileSync(join(folder, 'catalog.ts'), 'utf8'))
  })

  test('has a file that is put beside the others, in its place', () => {
    const lines = catalogOf([...files, 'acme-two.ts']).split('\n')
    expect(lines).toContain("import { acmeTwo } from './acme-two.ts'")
    expect(lines.indexOf('  acmeTwo,')).toBe(lines.indexOf('  auth0,') - 1)
  })
})
