import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { givenShell } from './given.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** The help of every command, by its words: `` is that of the whole, `events list` that of a verb. */
async function helps(): Promise<ReadonlyMap<string, string>> {
  const { sluice } = givenShell()
  const found = new Map<string, string>()
  const walk = async (words: readonly string[]): Promise<void> => {
    const { code, out } = await sluice(...words, '--help')
    expect([code, words.join(' ')]).toEqual([0, words.join(' ')])
    found.set(words.join(' '), out)
    const [, listed = ''] = /\nCommands:\n((?: {2}.*\n)+)/.exec(out) ?? []
    const names = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name)
    for (const name of names) if (name !== 'help') await walk([...words, name])
  }
  await walk([])
  return found
}

/** What is wrong with a command line after `sluice`: a word that is no command, or an option that its help does not have. */
function faultOf(line: string, known: ReadonlyMap<string, string>): string | undefined {
  const words = line.split(/\s+/)
  const path: string[] = []
  for (const word of words) {
    if (!known.has([...path, word].join(' '))) break
    path.push(word)
  }
  if (path.length === 0) return `no such command: ${line}`
  const help = known.get(path.join(' ')) ?? ''
  if (/\nCommands:\n/.test(help) && words.length > path.length) return `no such verb: ${line}`
  const options = words.filter((word) => /^--?[A-Za-z]/.test(word)).map((word) => word.split('=')[0] ?? '')
  const missing = options.find((option) => !new RegExp(`(^|[ ,])${option}\\b`, 'm').test(help))
  return missing === undefined ? undefined : `no option ${missing}: ${line}`
}

/** Command lines as documents show them, without their comments. */
function linesIn(document: string): string[] {
  const all = [...document.matchAll(/npx sluice(?: ([a-z][^`\n#|<>;)]*))/g)].map(([, line = '']) =>
    line.trim(),
  )
  return [...new Set(all.filter((line) => line !== ''))]
}

test('every command shows examples in its help, and they are commands', async () => {
  const known = await helps()
  expect(known.size).toBeGreaterThan(25)
  const without = [...known].filter(([, help]) => !/\nExamples:\n {2}\$ sluice \S/.test(help))
  expect(without.map(([words]) => words)).toEqual([])
  const faults = [...known.values()]
    .flatMap((help) => [...help.matchAll(/^ {2}\$ sluice (.+)$/gm)].map(([, line = '']) => line))
    .flatMap((line) => faultOf(line, known) ?? [])
  expect(faults).toEqual([])
})

test('the commands of README.md and of docs/ are there, with their options', async () => {
  const known = await helps()
  const documents = [
    'README.md',
    ...readdirSync(join(root, 'docs')).map((file) => join('docs', file)),
  ].filter((file) => file.endsWith('.md'))
  const faults = documents.flatMap((file) =>
    linesIn(readFileSync(join(root, file), 'utf8')).flatMap((line) => {
      const fault = faultOf(line, known)
      return fault === undefined ? [] : [`${file}: ${fault}`]
    }),
  )
  expect(faults).toEqual([])
  expect(linesIn('Run `npx sluice events lst --nope` now')).toEqual(['events lst --nope'])
  expect(faultOf('events lst --nope', known)).toBe('no such verb: events lst --nope')
  expect(faultOf('events list --nope', known)).toBe('no option --nope: events list --nope')
})
