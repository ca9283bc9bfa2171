import type { CallCredentials, ConnectionCredentials } from '#lib/oauth/credentials.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { ApiDeclaration } from '#lib/providers/api.ts'
import type { OutageWorld } from './world.ts'
import type { Scenario } from './scenario.ts'

/** The provider as Sluice knows it: its address, its limit, and that it does nothing twice under one key. */
export const apiOf = ({ perMinute }: Scenario): ApiDeclaration => ({
  checkedOn: '2026-11-21',
  baseUrl: 'https://api.acme.example',
  limits: [{ scope: 'app', limit: perMinute, windowMs: 60_000 }],
  idempotency: { place: { header: 'idempotency-key' }, methods: ['POST'], maxCharacters: 64 },
})

/** Tokens of two tenants. A refused one can't be renewed: its user has to connect the account again. */
export const credentialsOf = ({ scenario, connection, now }: OutageWorld): ConnectionCredentials => ({
  async of({ tenant }, rejected) {
    const isBack = scenario.disconnected !== undefined && now() >= scenario.disconnected.until
    if (rejected !== undefined) connection.isRefused = true
    return tenant === 'globex' && connection.isRefused && !isBack
      ? { kind: 'needs_reauth', cause: 'revoked' }
      : { kind: 'credentials', credentials: token(`${tenant} ${isBack ? 2 : 1}`) }
  },
})

const token = (text: string): CallCredentials => ({
  kind: 'token',
  accessToken: new Secret(text),
  headers: { authorization: new Secret(`Bearer ${text}`) },
  query: {},
  extras: {},
})
