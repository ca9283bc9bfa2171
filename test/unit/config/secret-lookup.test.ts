import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lookUpSecret, machineSecretSources, type SecretSources } from '#lib/config/secret-lookup.ts'

const name = 'STRIPE_WEBHOOK_SECRET'
let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluice-'))
})
afterEach(() => rmSync(home, { recursive: true }))

function sources(change: Partial<SecretSources> = {}): SecretSources {
  const { privateFile } = machineSecretSources(home)
  return {
    environment: () => undefined,
    dotenv: () => undefined,
    configDirectory: home,
    privateFile,
    ...change,
  }
}

function keep(file: string, text: string, mode = 0o600): string {
  mkdirSync(join(home, 'stripe'), { recursive: true })
  const path = join(home, 'stripe', file)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const environment = (it: string) => (it === name ? 'from-environment' : undefined)
const dotenv = () => `${name}=from-dotenv`

const found = (from: SecretSources, provider = 'stripe', wanted = name) => {
  const it = lookUpSecret(provider, wanted, from)
  return it && { value: it.secret.reveal(), from: it.from }
}

test('the environment is asked before .env, and .env before the file', () => {
  const path = keep('webhook_secret', 'from-file\n')

  expect(found(sources({ environment, dotenv }))).toEqual({ value: 'from-environment', from: 'environment' })
  expect(found(sources({ dotenv }))).toEqual({ value: 'from-dotenv', from: '.env' })
  expect(found(sources())).toEqual({ value: 'from-file', from: path })
})

test('a blank value counts as unset, so the next place is asked', () => {
  keep('webhook_secret', 'from-file')

  expect(found(sources({ environment: () => '  ', dotenv: () => `${name}=` }))?.value).toBe('from-file')
})

test('a file may bear the short name or the whole one', () => {
  const path = keep(name, 'whole')
  expect(found(sources())).toEqual({ value: 'whole', from: path })

  keep('acme_webhook_secret', 'of-an-endpoint')
  expect(found(sources(), 'stripe', 'STRIPE_ACME_WEBHOOK_SECRET')?.value).toBe('of-an-endpoint')
})

test.each([0o640, 0o604, 0o644, 0o666, 0o620])(
  'a file of mode %o is refused, and the fix is named',
  (mode) => {
    const path = keep('webhook_secret', 'hush', mode)

    expect(() => found(sources())).toThrow(
      expect.objectContaining({
        code: 'MISCONFIGURED',
        message: expect.stringMatching(new RegExp(`chmod 600 '${path}'$`)),
      }),
    )
    expect(() => found(sources())).not.toThrow(/hush/)
  },
)

test.each([0o600, 0o400])('a file of mode %o is read', (mode) => {
  keep('webhook_secret', 'private', mode)

  expect(found(sources())?.value).toBe('private')
})

test('an empty file is a mistake, not the absence of a secret', () => {
  keep('webhook_secret', '\n')

  expect(() => found(sources())).toThrow(/is empty: write the secret into it/)
})

test('nothing anywhere is nothing, also where a directory or a file stands in the way', () => {
  expect(found(sources())).toBeUndefined()
  writeFileSync(join(home, 'stripe'), '')
  expect(found(sources())).toBeUndefined()
  mkdirSync(join(home, 'github', 'webhook_secret'), { recursive: true })
  expect(found(sources(), 'github', 'GITHUB_WEBHOOK_SECRET')).toBeUndefined()
})

test('no provider and no name leads out of its directory', () => {
  writeFileSync(join(home, 'webhook_secret'), 'outside', { mode: 0o600 })

  expect(found(sources(), '..', 'WEBHOOK_SECRET')).toBeUndefined()
  expect(found(sources(), 'stripe', '../webhook_secret')).toBeUndefined()
})

test('a machine reads .env from the directory it is given', () => {
  writeFileSync(join(home, '.env'), 'SLUICE_TEST_ONLY_SECRET=written')

  expect(
    found({ ...machineSecretSources(home), configDirectory: home }, 'stripe', 'SLUICE_TEST_ONLY_SECRET'),
  ).toEqual({
    value: 'written',
    from: '.env',
  })
})
