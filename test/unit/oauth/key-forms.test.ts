import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { authorizationOf, fieldsOf, fingerprintOf, formFor, unsendable } from '#lib/oauth/key-forms.ts'
import { keyFormsOf } from '#lib/oauth/grant-of.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import { providers } from '#lib/providers/catalog.ts'
import type { KeyForm } from '#lib/providers/auth.ts'
import type { Provider } from '#lib/providers/provider.ts'

const plain = (secrets: Readonly<Record<string, Secret>>) =>
  Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()]))
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

describe('what a call carries', () => {
  test.each([
    ['distru', { key: 'k' }, { authorization: 'Bearer k' }, {}],
    ['etherscan', { key: 'k' }, {}, { apikey: 'k' }],
    ['github', { token: 'ghp_x' }, { authorization: 'Bearer ghp_x' }, {}],
    ['google-analytics', { key: 'k' }, {}, { api_secret: 'k' }],
    ['leaflink', { key: 'k' }, { authorization: 'App k' }, {}],
    ['leaflink', { token: 't' }, { authorization: 'Token t' }, {}],
    ['leaflink', { jwt: 'a.b.c' }, { authorization: 'Bearer a.b.c' }, {}],
    [
      'mixpanel',
      { username: 'sa.x', secret: 'pass', projectId: '12' },
      { authorization: basic('sa.x:pass') },
      { project_id: '12' },
    ],
    ['mixpanel', { projectSecret: 's' }, { authorization: basic('s:') }, {}],
    ['sendgrid', { key: 'SG.x' }, { authorization: 'Bearer SG.x' }, {}],
    ['slack', { token: 'xoxb-1' }, { authorization: 'Bearer xoxb-1' }, {}],
    ['stripe', { key: 'sk_test_x' }, { authorization: 'Bearer sk_test_x' }, {}],
    ['twilio', { accountSid: 'AC1', authToken: 't' }, { authorization: basic('AC1:t') }, {}],
    ['twilio', { keySid: 'SK1', keySecret: 's:t' }, { authorization: basic('SK1:s:t') }, {}],
  ])('of %s by %j', (provider, values, headers, query) => {
    const form = formFor(keyFormsOf(provider), values)
    if (!form) throw new Error('no form')
    expect(unsendable(form, values)).toEqual([])
    const made = authorizationOf(form, values)
    expect(plain(made.headers)).toEqual(headers)
    expect(plain(made.query)).toEqual(query)
  })

  test('may be several headers at once', () => {
    const form: KeyForm = { headers: { 'x-api-key': '{key}', 'x-app': 'App {app}' } }
    expect(plain(authorizationOf(form, { key: '1', app: '2' }).headers)).toEqual({
      'x-api-key': '1',
      'x-app': 'App 2',
    })
  })

  test('prints as nothing', () => {
    const form: KeyForm = { basic: { user: '{user}', password: '{password}' }, query: { key: '{key}' } }
    const made = authorizationOf(form, { user: 'canary', password: 'canary', key: 'canary' })
    const shown = `${JSON.stringify(made)} ${String(made.headers['authorization'])}`
    expect(shown).not.toMatch(/canary|Y2FuYXJ5/)
  })

  test('puts a value in as it is, whatever is in it', () => {
    const text = fc.string({
      unit: fc.constantFrom('{key}', '$&', '$1', '{', '}', 'a', '\\', '"'),
      minLength: 1,
    })
    fc.assert(
      fc.property(text, (key) => {
        const made = authorizationOf({ headers: { authorization: 'Bearer {key}' } }, { key })
        expect(made.headers['authorization']?.reveal()).toBe(`Bearer ${key}`)
      }),
    )
  })
})

describe('a value', () => {
  const form: KeyForm = { headers: { authorization: 'Bearer {key}' } }
  const sendable = (key: string) => unsendable(form, { key }).length === 0

  test.each([
    ['', false],
    [' ', false],
    ['key\r\nx-admin: 1', false],
    ['key\n', false],
    ['ключ', false],
    ['schlüssel', false],
    ['a\u0000b', false],
    ['a\u007f', false],
    ['a b', false],
    ['x'.repeat(16_384), false],
    ['x'.repeat(8_193), false],
    ['x'.repeat(8_192), true],
    ['!~', true],
  ])('%j can be sent: %j', (key, can) => expect(sendable(key)).toBe(can))

  test('that can be sent is taken by fetch as a header, as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (key) => {
        if (!sendable(key)) return
        expect(new Headers({ authorization: `Bearer ${key}` }).get('authorization')).toBe(`Bearer ${key}`)
      }),
      { numRuns: 500 },
    )
  })

  test('with a colon is no user, but may be a password', () => {
    const pair: KeyForm = { basic: { user: '{user}', password: '{password}' } }
    expect(unsendable(pair, { user: 'a:b', password: 'c:d' })).toEqual(['user'])
  })
})

describe('B089: a fingerprint', () => {
  test.each([
    [{ key: 'x'.repeat(15) }, undefined],
    [{ key: '0123456789abcdef' }, 'cdef'],
    [{ key: '' }, undefined],
  ])('of %j is %j', (values, expected) =>
    expect(fingerprintOf({ query: { k: '{key}' } }, values)).toBe(expected),
  )

  test('is of the password, not of the user or the project', () => {
    const [account, project] = keyFormsOf('mixpanel')
    if (!account || !project) throw new Error('no form')
    const values = { username: 'u'.repeat(20), projectId: '1'.repeat(20), secret: `${'s'.repeat(20)}last` }
    expect(fingerprintOf(account, values)).toBe('last')
    expect(fingerprintOf(account, { ...values, secret: 'short' })).toBeUndefined()
    expect(fingerprintOf(project, { projectSecret: `${'p'.repeat(20)}tail` })).toBe('tail')
  })
})

test('docs/keys.md names the form of every provider that takes keys, and no other', () => {
  const document = readFileSync(new URL('../../../docs/keys.md', import.meta.url), 'utf8')
  const rows = [...document.matchAll(/^\| `([a-z0-9-]+)` +\| (`[^|]+?`) +\|/gm)]
  const told = rows.map(([, id, names]) => `${id} ${names?.replaceAll('`', '')}`)
  const forms = providers.flatMap(({ id }) =>
    keyFormsOf(id).map((form) => `${id} ${fieldsOf(form).join(', ')}`),
  )
  expect(told).toEqual(forms)
})

const declared = providers.flatMap((provider: Provider) =>
  provider.keys ? [[provider.id, provider] as const] : [],
)

describe.each(declared)('%s', (_, { keys = [] }) => {
  test('is pure data, and every form takes something', () => {
    expect(JSON.parse(JSON.stringify(keys))).toStrictEqual(keys)
    for (const form of keys) expect(fieldsOf(form).length).toBeGreaterThan(0)
  })

  test('tells its forms apart by their names', () => {
    const names = keys.map((form) => fieldsOf(form).toSorted().join())
    expect(new Set(names).size).toBe(names.length)
  })

  test('spells headers in lower case, and none of them twice', () => {
    for (const { headers = {}, basic: pair } of keys) {
      for (const name of Object.keys(headers)) expect(name).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(pair !== undefined && 'authorization' in headers).toBe(false)
    }
  })
})
