import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '..', '..')
const lines = (path: string): number => readFileSync(join(repository, path), 'utf8').split('\n').length - 1
const find = (pattern: string): string[] => globSync(pattern, { cwd: repository })

/** Files that may pass the stop, each with its reason. */
const excused = new Map<string, string>([])

const stops: readonly (readonly [pattern: string, stop: number])[] = [
  ['lib/providers/*.ts', 150],
  ['functions/*/handler.ts', 20],
  ['{lib,functions,infra,cli}/**/*.{ts,tsx}', 250],
]

test.each(stops)('no file in %s is longer than %i lines', (pattern, stop) => {
  const files = find(pattern)
  const long = files.filter((file) => lines(file) > stop && !excused.has(file))
  expect(long.map((file) => `${file}: ${lines(file)}`)).toEqual([])
  expect(files.length).toBeGreaterThan(0)
})

test('an excuse is given only to a file that needs it', () => {
  for (const file of excused.keys()) expect(lines(file), file).toBeGreaterThan(250)
})
