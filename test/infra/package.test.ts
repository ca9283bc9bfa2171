import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SynthesizedTemplate } from '#infra/synth.ts'
import { makePackage } from '../../scripts/package.ts'
import { all, properties } from './given.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '..', '..')
const node = (cwd: string, ...parameters: string[]) =>
  run(process.execPath, parameters, { cwd, encoding: 'utf8' })

/** Inside the repository, so that what the package depends on is found in its `node_modules`. */
let folder: string
let packageDir: string

beforeAll(async () => {
  mkdirSync(join(repository, 'dist'), { recursive: true })
  folder = mkdtempSync(join(repository, 'dist', 'package-'))
  packageDir = join(folder, 'sluice')
  await makePackage(packageDir)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The example as its own repository would have it, with the package installed. */
function givenShop(name: string): string {
  const shop = join(folder, name)
  cpSync(join(repository, 'examples', 'embedded'), shop, { recursive: true })
  mkdirSync(join(shop, 'node_modules'))
  symlinkSync(packageDir, join(shop, 'node_modules', 'sluice'))
  return shop
}

const synth = (shop: string) =>
  run(process.execPath, ['app.ts'], { cwd: shop, env: { ...process.env, CDK_OUTDIR: join(shop, 'cdk.out') } })

describe('the package', () => {
  test('is one that publint accepts', async () => {
    const { messages } = await publint({ pkgDir: packageDir, strict: true })

    expect(messages).toEqual([])
  })

  test('has types for every entry that are those of what it runs', async () => {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: packageDir })
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
    const tarball = new Uint8Array(readFileSync(join(folder, filename)))

    const analysis = await checkPackage(createPackageFromTarballData(tarball))

    expect(analysis.types).toBeTruthy()
    // It is an ES module, which CommonJS takes by `import()` alone, and entries are named in `exports` alone.
    const asked = ['node16-esm', 'bundler']
    const problems = 'problems' in analysis ? analysis.problems : []
    expect(
      problems.filter((problem) => !('resolutionKind' in problem) || asked.includes(problem.resolutionKind)),
    ).toEqual([])
  })

  test('leaves out what is of the repository alone', () => {
    const manifest = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
      peerDependencies: Record<string, string>
      private?: boolean
    }

    expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(['esbuild', 'hono', 'zod']))
    expect(Object.keys(manifest.dependencies)).not.toEqual(expect.arrayContaining(['aws-cdk-lib']))
    expect(Object.keys(manifest.peerDependencies).toSorted()).toEqual(['aws-cdk-lib', 'constructs'])
    expect(manifest.private).toBeUndefined()
  })
})

describe("the gateway in another's app", () => {
  let shop: string
  const template = (stage: string) =>
    JSON.parse(
      readFileSync(join(shop, 'cdk.out', `Shop-${stage}.template.json`), 'utf8'),
    ) as SynthesizedTemplate

  beforeAll(async () => {
    shop = givenShop('shop')
    await synth(shop)
  }, 180_000)

  test('type-checks with the package that is installed', async () => {
    const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')

    await expect(node(shop, tsc, '-p', '.')).resolves.toMatchObject({ stdout: '' })
  })

  test('is each stage with queues, tables and functions of its own', () => {
    for (const stage of ['dev', 'prod']) {
      const functions = all(template(stage), 'AWS::Lambda::Function').filter(
        ([, { Metadata }]) => Metadata?.['sluice:function'],
      )
      expect(functions).toHaveLength(8)
      const [bus] = all(template(stage), 'AWS::Events::EventBus')
      expect(bus && properties(bus[1])['Name']).toBe(`sluice-${stage}`)
    }
  })

  test("runs the app's handlers, and has its endpoints", () => {
    const [worker] = all(template('dev'), 'AWS::Lambda::Function').filter(
      ([, { Metadata }]) => Metadata?.['sluice:function'] === 'worker',
    )
    const { S3Key } = properties(worker?.[1] ?? { Type: '' })['Code'] as { readonly S3Key: string }
    const asset = `asset.${S3Key.replace('.zip', '')}`
    const code = readFileSync(join(shop, 'cdk.out', asset, 'index.mjs'), 'utf8')
    const directory = readFileSync(join(shop, 'cdk.out', asset, 'directory.json'), 'utf8')

    expect(code).toContain('the shop was paid')
    expect(JSON.parse(directory)).toMatchObject([
      { provider: 'stripe' },
      { provider: 'github', tenant: 'acme' },
    ])
  })

  test('says which file has the handlers when it can not find it, and when it has another config', async () => {
    const lost = givenShop('lost')
    const app = readFileSync(join(lost, 'app.ts'), 'utf8')
    writeFileSync(
      join(lost, 'app.ts'),
      app.replace('{ config, stage }', "{ config, stage, configFile: 'elsewhere.ts' }"),
    )
    await expect(synth(lost)).rejects.toThrow(/elsewhere\.ts does not exist: say in configFile/)

    const other = app.replace(
      '{ config, stage }',
      "{ config: { endpoints: [{ provider: 'slack' }] }, stage }",
    )
    writeFileSync(join(lost, 'app.ts'), other)
    await expect(synth(lost)).rejects.toThrow(/exports another config than the one that was given/)
  }, 120_000)
})
