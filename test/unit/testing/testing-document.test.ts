import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..')
const document = readFileSync(join(root, 'docs', 'testing.md'), 'utf8')
const examples = [...document.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)

/** What the compiler says of the examples as one file: each goes on from those before it. */
function typeFaults(codes: readonly string[]): string {
  const room = mkdtempSync(join(import.meta.dirname, 'example-'))
  onTestFinished(() => rmSync(room, { recursive: true }))
  writeFileSync(join(room, 'example.ts'), codes.join('\n'))
  const settings = join(room, 'tsconfig.json')
  writeFileSync(settings, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [room] }))
  try {
    execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', settings], {
      encoding: 'utf8',
    })
    return ''
  } catch (failed) {
    return (failed as { stdout: string }).stdout
  }
}

describe('docs/testing.md', () => {
  test('has examples that type-check', () => {
    expect(examples).toHaveLength(7)
    expect(typeFaults(examples)).toBe('')
  })

  test('would not pass with a word that is not there', () => {
    expect(typeFaults(examples.map((code) => code.replace('retryAfterSeconds', 'retryAfterDays')))).toContain(
      'retryAfterDays',
    )
  })

  test('names every fault', () => {
    const source = readFileSync(join(root, 'lib', 'testing', 'faults.ts'), 'utf8')
    const kinds = new Set([...source.matchAll(/case '([\w-]+)'/g)].map(([, kind = '']) => kind))
    expect(kinds.size).toBe(11)
    for (const kind of kinds) expect(document).toContain(`\`${kind}\``)
  })
})
