import { describe, expect, test } from 'vitest'
import { baseUrlOf } from '#lib/outbound/base-url.ts'
import type { ApiDeclaration } from '#lib/providers/api.ts'
import { findProvider } from '#lib/providers/catalog.ts'

interface Given {
  readonly base?: string
  readonly params?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

function baseOf(provider: string, { base, params, env = {} }: Given = {}): string {
  const api: ApiDeclaration | undefined = findProvider(provider)?.api
  if (!api) throw new Error(`${provider} has no API`)
  return baseUrlOf(api, { provider, base, ...(params && { params }), fromEnvironment: (name) => env[name] })
}

test('an address without a blank is as it is declared', () => {
  expect(baseOf('stripe')).toBe('https://api.stripe.com')
  expect(baseOf('mixpanel', { base: 'eu' })).toBe('https://api-eu.mixpanel.com')
})

test('the connection fills the blanks, or the environment', () => {
  expect(baseOf('quickbooks', { params: { realmId: '9130357' } })).toBe(
    'https://quickbooks.api.intuit.com/v3/company/9130357',
  )
  expect(baseOf('auth0', { env: { AUTH0_DOMAIN: 'acme.eu.auth0.com' } })).toBe(
    'https://acme.eu.auth0.com/api/v2',
  )
  expect(baseOf('s3', { params: { bucket: 'files', region: 'eu-central-1' } })).toBe(
    'https://files.s3.eu-central-1.amazonaws.com',
  )
  expect(baseOf('auth0', { params: { domain: 'own.example' }, env: { AUTH0_DOMAIN: 'other.example' } })).toBe(
    'https://own.example/api/v2',
  )
})

test('an address in the environment takes its place, blanks and all', () => {
  expect(baseOf('stripe', { env: { STRIPE_BASE_URL: 'http://127.0.0.1:4010/' } })).toBe(
    'http://127.0.0.1:4010',
  )
  expect(
    baseOf('quickbooks', {
      params: { realmId: '1' },
      env: { QUICKBOOKS_BASE_URL: 'https://sandbox-quickbooks.api.intuit.com/v3/company/{realmId}' },
    }),
  ).toBe('https://sandbox-quickbooks.api.intuit.com/v3/company/1')
  expect(
    baseOf('google-drive', { base: 'upload', env: { GOOGLE_DRIVE_UPLOAD_BASE_URL: 'http://localhost:1/u' } }),
  ).toBe('http://localhost:1/u')
})

describe('no value leads a credential elsewhere', () => {
  test.each([
    'evil.example/',
    'evil.example#',
    'evil.example?',
    'user@evil.example',
    'a.example:8443',
    'a.example\\@b.example',
    '127.0.0.1',
    '2130706433',
    '[::1]',
    'localhost',
    'evil。com',
    ' a.example',
    'a..example',
    '.',
    '',
    `${'a'.repeat(64)}.example`,
  ])('as a host: %j', (domain) => {
    expect(() => baseOf('auth0', { params: { domain } })).toThrow(/no address for calls of auth0/)
  })

  test.each(['x.evil.example/', 'a.b', 'a/b', 'a@b', 'a:1', '-a', 'a%2e', ''])('as a label: %j', (bucket) => {
    expect(() => baseOf('s3', { params: { bucket, region: 'us-east-1' } })).toThrow(/no address/)
  })

  test.each(['..', '.', '1/../2', '1?x=', '1#', '%2e%2e', 'a b', '', 'é'])('as a segment: %j', (realmId) => {
    expect(() => baseOf('quickbooks', { params: { realmId } })).toThrow(/no address/)
  })

  test.each([
    'ftp://a.example',
    'a.example',
    'https://u:p@a.example',
    'https://a.example?x=1',
    'https://a.example/#x',
    'https://',
  ])('as an address: %j', (address) => {
    expect(() => baseOf('stripe', { env: { STRIPE_BASE_URL: address } })).toThrow(/no plain http address/)
  })
})

test('what nothing says is a fault of the set-up, and no value is in its message', () => {
  expect(() => baseOf('quickbooks')).toThrow(/nothing says its "realmId"/)
  expect(() => baseOf('stripe', { base: 'moon' })).toThrow(/no base "moon"/)
  expect(() => baseOf('stripe', { base: 'constructor' })).toThrow(/no base/)
  expect(() => baseOf('quickbooks', { params: { realmId: 'se cret' } })).toThrow(/^(?!.*se cret)/)
})
