import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..')
const document = readFileSync(join(root, 'docs', 'readers.md'), 'utf8')
const examples = [...document.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)

/** What the compiler says of the examples, each a file of its own, under the settings of the repository. */
function typeFaults(codes: readonly string[]): string {
  const room = mkdtempSync(join(import.meta.dirname, 'example-'))
  onTestFinished(() => rmSync(room, { recursive: true }))
  codes.forEach((code, i) => writeFileSync(join(room, `example-${i}.ts`), code))
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

test('every reader has a short example, and all type-check', () => {
  expect(examples).toHaveLength(6)
  for (const example of examples) expect(example.split('\n').length).toBeLessThanOrEqual(35)
  expect(typeFaults(examples)).toBe('')
})

test('an example with an option that is not there does not type-check', () => {
  expect(typeFaults(examples.map((code) => code.replace('heartbeatMs', 'heartbeat')))).toContain('heartbeat')
})
