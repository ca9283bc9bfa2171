import { describe, expect, test } from 'vitest'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { appGrantOf, connectGrantOf } from '#lib/oauth/grant-of.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const given = (stored: Readonly<Record<string, unknown>>) => ({
  client: { send: async () => ({ SecretString: JSON.stringify(stored) }) } as never,
  stage: 'dev',
  fromEnvironment: () => undefined,
  clock: virtualClock(),
})

describe('the registration of a client', () => {
  test('needs its id and its secret', async () => {
    for (const stored of [{}, { QUICKBOOKS_CLIENT_ID: 'id' }, { QUICKBOOKS_CLIENT_SECRET: 's' }]) {
      const clients = secretsManagerClients({ ...given(stored), authOf: connectGrantOf })
      expect(await clients.of('quickbooks')).toBeUndefined()
    }
  })

  test('with a blank in its address is none: no browser is sent to a domain called {domain}', async () => {
    const stored = { AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 's' }
    const authOf = connectGrantOf
    expect(await secretsManagerClients({ ...given(stored), authOf }).of('auth0')).toBeUndefined()
    const filled = { ...stored, AUTH0_DOMAIN: 'shop.eu.auth0.com' }
    expect((await secretsManagerClients({ ...given(filled), authOf }).of('auth0'))?.auth).toMatchObject({
      authorizeUrl: 'https://shop.eu.auth0.com/authorize',
      tokenUrl: 'https://shop.eu.auth0.com/oauth/token',
      revokeUrl: 'https://shop.eu.auth0.com/oauth/revoke',
    })
  })

  test('of a grant without a user may be pointed elsewhere, as to a sandbox', async () => {
    const url = 'https://api-m.sandbox.paypal.com/v1/oauth2/token'
    const stored = { PAYPAL_CLIENT_ID: 'id', PAYPAL_CLIENT_SECRET: 's', PAYPAL_TOKEN_URL: url }
    const client = await secretsManagerClients({ ...given(stored), authOf: appGrantOf }).of('paypal')
    expect(client?.auth).toMatchObject({ kind: 'client-credentials', tokenUrl: url })
    expect(
      await secretsManagerClients({ ...given(stored), authOf: connectGrantOf }).of('paypal'),
    ).toBeUndefined()
  })
})
