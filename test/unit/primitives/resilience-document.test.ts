import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..')
const document = readFileSync(join(root, 'docs', 'resilience.md'), 'utf8')
const sections = document.split(/^## /m)
const codeOf = (text: string): string => /```ts\n(.*?)```/s.exec(text)?.[1] ?? ''
const preamble = codeOf(sections[0] ?? '')
const examples = sections.slice(1).map((text) => ({ name: text.split('\n')[0] ?? '', code: codeOf(text) }))

/** What earlier examples have imported may be used by later ones. */
const imports = (code: string): string[] => code.match(/^import .*$/gm) ?? []
const moduleOf = (line: string): string => line.split("'")[1] ?? ''

/** One file per example in a folder of its own beside this test, and what the compiler says of them. */
function typeFaults(codes: readonly string[]): string {
  const room = mkdtempSync(join(import.meta.dirname, 'example-'))
  onTestFinished(() => rmSync(room, { recursive: true }))
  const seen = new Map<string, string>()
  for (const [index, code] of codes.entries()) {
    const own = imports(code)
    for (const line of own) seen.delete(moduleOf(line))
    writeFileSync(join(room, `example-${index}.ts`), [...seen.values(), preamble, code].join('\n'))
    for (const line of own) seen.set(moduleOf(line), line)
  }
  const compilerOptions = { noUnusedLocals: false }
  const settings = join(room, 'tsconfig.json')
  writeFileSync(
    settings,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [room] }),
  )
  try {
    execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', settings], {
      encoding: 'utf8',
    })
    return ''
  } catch (failed) {
    return (failed as { stdout: string }).stdout
  }
}

describe('docs/resilience.md', () => {
  const written = examples.filter(({ code }) => code !== '').map(({ code }) => code)

  test('has examples that type-check', () => {
    expect(written.length).toBe(10)
    expect(typeFaults(written)).toBe('')
  }, 60_000)

  test('would not pass with a word that is not there', () => {
    const broken = written.map((code) => code.replace('minPerWindow', 'leastPerWindow'))
    expect(typeFaults(broken)).toContain('leastPerWindow')
  }, 60_000)

  test.each([
    'backoff',
    'breaker-trip',
    'bulkhead',
    'circuit-breaker',
    'fallback',
    'gcra',
    'hedge',
    'policy',
    'priority-queue',
    'retry',
    'retry-after',
    'retry-budget',
    'sliding-window',
    'timeout',
    'token-bucket',
  ])('speaks of %s', (primitive) => expect(document).toContain(`primitives/${primitive}.ts'`))
})
