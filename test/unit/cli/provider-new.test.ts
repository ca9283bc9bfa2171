import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import type { Provider } from '#lib/providers/provider.ts'
import { testProvider } from '../../../scripts/kit/run.ts'
import { givenShell } from './given.ts'

/** `sluice provider new` in a folder of its own, and what it wrote there. */
async function ran(...parameters: string[]) {
  const programs: string[] = []
  const runProgram = async (file: string) => {
    programs.push(file)
    return 0
  }
  const shell = givenShell({ change: { runProgram } })
  const folder = join(shell.root, 'lib', 'providers')
  mkdirSync(folder, { recursive: true })
  return { ...(await shell.sluice('provider', 'new', ...parameters)), folder, programs }
}

/** The file as the catalog would load it. */
async function load(folder: string, id: string): Promise<Readonly<Record<string, Provider>>> {
  const file = join(folder, `${id}.mjs`)
  writeFileSync(file, stripTypeScriptTypes(readFileSync(join(folder, `${id}.ts`), 'utf8'), { mode: 'strip' }))
  return (await import(file)) as Readonly<Record<string, Provider>>
}

test.each([
  ['acme', []],
  [
    'my-shop',
    ['--name', 'Kim\'s "Shop"', '--signature', 'X-Hmac', '--encoding', 'base64', '--prefix', 'v1='],
  ],
  ['shop2', ['--timestamp', 'shop-time', '--docs', 'https://docs.example.com/webhooks']],
] as const)('the draft of %s passes the kit as it is', async (id, options) => {
  const { code, folder, programs } = await ran(id, ...options)
  expect(code).toBe(0)
  expect(programs).toEqual(['scripts/catalog.ts'])

  const [provider] = Object.values(await load(folder, id))
  const [report] = await testProvider(provider as Provider)

  expect(report?.results.filter(({ outcome }) => outcome === 'fail')).toEqual([])
  expect(report?.results.filter(({ outcome }) => outcome === 'pass').length).toBeGreaterThan(10)
})

test('what was said of the sender is in the file, under the name that the catalog goes by', async () => {
  const { folder } = await ran('my-shop', '--name', "Kim's", '--signature', 'X-Hmac', '--timestamp', 'X-Time')

  expect(await load(folder, 'my-shop')).toMatchObject({
    myShop: {
      id: 'my-shop',
      displayName: "Kim's",
      webhooks: {
        scheme: {
          signature: { header: 'x-hmac' },
          timestamp: { header: 'x-time', unit: 's' },
          signed: ['{timestamp}', '.', '{body}'],
        },
      },
    },
  })
})

test('the next steps are named, for people and for scripts', async () => {
  expect((await ran('acme')).out).toContain('npx sluice provider test acme')
  expect(JSON.parse((await ran('acme', '--json')).out)).toMatchObject({
    id: 'acme',
    file: 'lib/providers/acme.ts',
    next: [expect.stringContaining('provider test'), expect.any(String), 'npx sluice send acme'],
  })
})

test.each([
  [['stripe'], 'lib/providers/stripe.ts is there already'],
  [['Acme'], 'starting with a letter'],
  [['../acme'], 'starting with a letter'],
  [['acme-polls'], 'starting with a letter'],
  [['acme', '--signature', 'a b'], 'the name of a header'],
  [['acme', '--encoding', 'rot13'], 'hex or base64'],
])('%j is refused, and nothing is written', async (parameters, complaint) => {
  const { code, err, folder, programs } = await ran(...parameters)

  expect(code).toBe(2)
  expect(err).toContain(complaint)
  expect(existsSync(join(folder, 'acme.ts'))).toBe(false)
  expect(programs).toEqual([])
})
