import { expect, test } from 'vitest'
import { givenShell } from './given.ts'

async function ran(...parameters: string[]) {
  const calls: unknown[][] = []
  const runProgram = async (...call: unknown[]) => {
    calls.push(call)
    return 1
  }
  const shell = givenShell({ change: { runProgram } })
  return { ...(await shell.sluice('provider', 'test', ...parameters)), calls, root: shell.root }
}

test('one provider is tried by the kit, and its exit code is the command line\u2019s own', async () => {
  const { code, calls } = await ran('stripe')
  expect(code).toBe(1)
  expect(calls).toEqual([['scripts/provider-kit.ts', ['stripe']]])
})

test('the table goes where the user is, and --json is handed on', async () => {
  const { calls, root } = await ran('--all', '--write', 'table.md', '--json')
  expect(calls).toEqual([['scripts/provider-kit.ts', ['--all', `--write=${root}/table.md`, '--json']]])
})

test.each([
  [['stripe', '--all'], 'name one provider, or say --all'],
  [[], 'name one provider, or say --all'],
  [['stripe', '--write', 'table.md'], 'say --all too'],
  [['strip'], 'there is no provider "strip"'],
])('%j is typed wrongly', async (parameters, complaint) => {
  const { code, err, calls } = await ran(...parameters)
  expect(code).toBe(2)
  expect(err).toContain(complaint)
  expect(calls).toEqual([])
})
