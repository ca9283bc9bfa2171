import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { synthTemplate, type SynthesizedTemplate } from '#infra/synth.ts'
import { all, properties } from './given.ts'

const repository = join(import.meta.dirname, '..', '..')
const out = mkdtempSync(join(tmpdir(), 'sluice-cdk-'))
const run = promisify(execFile)

/** `npx cdk synth -q` with the functions that `npm test` has built: building again would pull them from under other tests. */
async function synth(outdir: string, ...more: string[]): Promise<{ code: number; stderr: string }> {
  const args = ['synth', '-q', '--output', outdir, '--no-notices', '--build', 'true', ...more]
  try {
    const { stderr } = await run(join(repository, 'node_modules', '.bin', 'cdk'), args, { cwd: repository })
    return { code: 0, stderr }
  } catch (error) {
    return error as { code: number; stderr: string }
  }
}

let result: Awaited<ReturnType<typeof synth>>
let deployed: SynthesizedTemplate
beforeAll(async () => {
  result = await synth(out)
  const file = readdirSync(out).find((name) => name.endsWith('.template.json')) ?? 'no template'
  deployed = JSON.parse(readFileSync(join(out, file), 'utf8')) as SynthesizedTemplate
})
afterAll(() => rmSync(out, { recursive: true, force: true }))

/** Every resource without the place of a function's code. */
const shape = ({ Resources }: SynthesizedTemplate) =>
  Object.fromEntries(
    Object.entries(Resources).map(([id, { Type, Properties }]) => {
      const { Code: _, ...rest } = (Properties ?? {}) as Record<string, unknown>
      return [id, { Type, Properties: rest }]
    }),
  )

test('cdk synth succeeds, validates against the resource schemas and warns of nothing', () => {
  expect(result.code).toBe(0)
  expect(result.stderr).not.toMatch(/warning|error/i)
})

test('what is deployed is what the local stack runs, but for where the code lies', async () => {
  const local = await synthTemplate()
  expect(shape(local)).toEqual(shape(deployed))
})

test('each function is deployed with its own bundle', () => {
  const keys = all(deployed, 'AWS::Lambda::Function').map(
    ([, fn]) => (properties(fn)['Code'] as { S3Key: string }).S3Key,
  )
  expect(new Set(keys).size).toBe(8)
})

test('a stage that can not be part of a name is refused in one line', async () => {
  const { code, stderr } = await synth(join(out, 'bad'), '-c', 'stage=No Good')
  expect(code).not.toBe(0)
  expect(stderr).toContain('the stage must be 1 to 20 of a-z')
  expect(stderr).not.toMatch(/at .*\.js:\d/)
})
