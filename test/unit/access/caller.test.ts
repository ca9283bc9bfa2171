import { describe, expect, test } from 'vitest'
import { adminTokenCaller, callerOf, mayAct, roles } from '#lib/access/caller.ts'
import { covers } from '#lib/access/tenant-scope.ts'
import { compileOidc } from '#lib/config/oidc.ts'

const config = (more: object = {}) => compileOidc({ issuer: 'https://a.example', audience: 'a', ...more })

describe('the role of a token', () => {
  test.each([
    [{ roles: ['viewer'] }, 'viewer'],
    [{ roles: 'operator' }, 'operator'],
    [{ roles: ['viewer', 'admin', 'operator'] }, 'admin'],
    [{ roles: ['Admin', 'ADMIN', ' admin', 'administrator', 'owner'] }, undefined],
    [{ roles: { admin: true } }, undefined],
    [{ roles: [['admin']] }, undefined],
    [{ roles: 'viewer admin' }, undefined],
    [{ roles: [] }, undefined],
    [{ role: 'admin' }, undefined],
    [{}, undefined],
  ] as const)('of %j is %s', (claims, role) => expect(callerOf(claims, config()).role).toBe(role))

  test.each([
    ['https://sluice.example/roles', { 'https://sluice.example/roles': ['admin'] }],
    ['cognito:groups', { 'cognito:groups': ['admin'] }],
    ['a~b', { 'a~b': 'admin' }],
    ['/realm_access/roles', { realm_access: { roles: ['admin'] } }],
  ])('is read from %s', (rolesClaim, claims) =>
    expect(callerOf(claims, config({ rolesClaim })).role).toBe('admin'),
  )

  test('a claim that every object has by birth is none', () =>
    expect(callerOf({}, config({ rolesClaim: 'constructor', tenantsClaim: '__proto__' }))).toEqual({
      role: undefined,
      tenants: [],
      actor: 'person:unknown',
    }))

  test('holds what those below it may do, and nothing above', () => {
    const may = roles.map((role) => roles.map((needed) => mayAct({ role }, needed)))
    expect(may).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ])
    expect(mayAct({ role: undefined }, 'viewer')).toBe(false)
  })
})

describe('the tenants of a token', () => {
  test('are all where the config names no claim for them, whatever the token says', () => {
    expect(callerOf({ tenants: ['acme'] }, config()).tenants).toBe('all')
    expect(adminTokenCaller.tenants).toBe('all')
  })

  test.each([
    [{ tenants: ['acme', 'globex', 'acme'] }, ['acme', 'globex']],
    [{ tenants: 'acme' }, ['acme']],
    [{ tenants: ['*', 'all', 'Acme', 'a/b', '', 7, null] }, ['all']],
    [{ tenants: true }, []],
    [{ tenants: 'all' }, ['all']],
    [{}, []],
  ])('of %j are %j', (claims, tenants) =>
    expect(callerOf(claims, config({ tenantsClaim: 'tenants' })).tenants).toEqual(tenants),
  )

  test('are the first hundred', () => {
    const many = Array.from({ length: 150 }, (_, at) => `t${at}`)
    expect(callerOf({ t: many }, config({ tenantsClaim: 't' })).tenants).toEqual(many.slice(0, 100))
  })

  test('cover themselves alone: a tenant that is called "all" is one like any other', () => {
    expect(covers(['all'], 'acme')).toBe(false)
    expect(covers([], 'acme')).toBe(false)
    expect(covers('all', 'acme')).toBe(true)
  })
})

describe('who a token is of', () => {
  const actor = (claims: Record<string, unknown>): string => callerOf(claims, config()).actor

  test('is its subject, else its client', () => {
    expect(actor({ sub: 'ada', client_id: 'x' })).toBe('person:ada')
    expect(actor({ client_id: 'x' })).toBe('person:x')
    expect(actor({ sub: 7, azp: 'y' })).toBe('person:y')
    expect(adminTokenCaller.actor).toBe('admin-token')
  })

  test('is a hash where the name would not fit into a line', () => {
    for (const sub of ['a b', 'x'.repeat(257), 'line\nline', 'é'])
      expect(actor({ sub })).toMatch(/^person:sha256-[\w-]{43}$/)
    expect(actor({ sub: 'a b' })).not.toBe(actor({ sub: 'a c' }))
  })

  test('never is the admin token, whatever it says of itself', () =>
    expect(actor({ sub: 'admin-token' })).toBe('person:admin-token'))
})
