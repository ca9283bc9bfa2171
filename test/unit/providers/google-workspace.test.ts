import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oauthApp } from '#functions/oauth/app.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { googleWorkspace } from '#lib/providers/google-workspace.ts'
import { givenAdmin } from '#test/fakes/given-admin.ts'
import { givenOAuth } from '#test/fakes/given-oauth.ts'
import { givenTokens, type Answer } from '#test/fakes/given-tokens.ts'
import { createConnections, startTables, type Tables } from '#test/fakes/tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await startTables()
  await createConnections(tables.client, 'workspace')
})
afterAll(() => tables.close())

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const privateKey = { pem: new Secret(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string) }
const account = 'ana@customer.example'
const scopes = ['https://www.googleapis.com/auth/gmail.readonly', 'https://www.googleapis.com/auth/drive']
const granted = { access_token: 'ya29.canary', expires_in: 3_599, token_type: 'Bearer' }

async function given(answer: () => Response = () => Response.json(granted)) {
  const asked: URLSearchParams[] = []
  const worker = await givenOAuth(tables, { provider: 'google-workspace', privateKey })
  const deps = {
    ...worker.deps,
    clients: {
      of: async () => ({
        provider: 'google-workspace',
        clientId: 'robot@project.iam.gserviceaccount.com',
        clientSecret: new Secret(''),
        privateKey,
        auth: googleWorkspace.auth,
      }),
    },
    fetch: (async (_url: string, init: RequestInit) => {
      asked.push(new URLSearchParams(init.body as string))
      return answer()
    }) as typeof fetch,
  }
  const open = async (more: object = {}) =>
    oauthApp(deps).request(
      `https://sluice.test/oauth/google-workspace/connect?link=${await worker.link({ account, scopes, ...more })}`,
    )
  return { ...worker, deps, asked, open }
}

describe('a user that a service account stands for', () => {
  test('is connected by opening the link: nobody is asked, and the token is for that user and those scopes', async () => {
    const worker = await given()
    const answer = await worker.open()
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('Connected')
    const { connections } = await worker.connections()
    expect(connections).toMatchObject([{ account, tenant: 'acme', scopes, state: 'active' }])
    expect(connections[0]?.refreshAt).toBeDefined()
    expect(worker.asked[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const { payload } = await jwtVerify(worker.asked[0]?.get('assertion') ?? '', pair.publicKey, {
      issuer: 'robot@project.iam.gserviceaccount.com',
      subject: account,
      audience: 'https://oauth2.googleapis.com/token',
      currentDate: new Date(worker.clock.now()),
    })
    expect(payload['scope']).toBe(scopes.join(' '))
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600)
    expect(worker.lines.join()).not.toContain('canary')
  })

  test('by a link that is used once, and that may be confirmed first', async () => {
    const worker = await given()
    const link = await worker.link({ account, scopes, isShared: true })
    const path = `https://sluice.test/oauth/google-workspace/connect?link=${link}`
    const app = oauthApp(worker.deps)
    expect(await (await app.request(path)).text()).toContain('Almost there')
    expect((await app.request(path)).status).toBe(410)
    expect((await worker.connections()).connections).toMatchObject([{ state: 'pending' }])
    expect(worker.asked).toHaveLength(1)
  })

  test('is no connection where no user is named, or no token comes', async () => {
    const worker = await given(() => Response.json({ error: 'unauthorized_client' }, { status: 401 }))
    expect((await worker.open()).status).toBe(400)
    const nobody = await worker.open({ account: undefined })
    expect([nobody.status, await nobody.text()]).toEqual([400, expect.stringContaining('account')])
    expect((await worker.connections()).connections).toEqual([])
    expect(worker.asked).toHaveLength(1)
  })

  test('is named by the backend, with what is asked for', async () => {
    const { api } = await givenAdmin(tables)
    const link = { provider: 'google-workspace', tenant: 'acme' }
    const pointers = async (more: object) => {
      const answer = await api('/api/connect-links', { ...link, ...more })
      if (answer.status !== 400) return answer.status
      return ((await answer.json()) as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)
    }
    expect(await pointers({ scopes })).toEqual(['/account'])
    expect(await pointers({ account })).toEqual(['/scopes'])
    expect(await pointers({ account, scopes })).toBe(201)
  })
})

describe('its token', () => {
  const worker = (answer: Answer) =>
    givenTokens(tables, 'workspace', answer, {
      provider: 'google-workspace',
      auth: googleWorkspace.auth,
      privateKey,
    })
  const connect = (own: ReturnType<typeof worker>) =>
    own.connect({ account, refreshToken: undefined, grant: { isRenewable: true, scopes } })

  test('is asked for again for the same user and scopes, without a refresh token', async () => {
    const own = worker(() => Response.json({ ...granted, access_token: 'next' }))
    expect(await own.get(await connect(own), 'access-1')).toBe('next')
    const { payload } = await jwtVerify(own.asked[0]?.get('assertion') ?? '', pair.publicKey, {
      subject: account,
      currentDate: new Date(own.clock.now()),
    })
    expect(payload['scope']).toBe(scopes.join(' '))
  })

  test.each([
    ['the user is gone', { error: 'invalid_grant', error_description: 'Invalid email or User ID' }],
    [
      'the administrator took it back',
      {
        error: 'unauthorized_client',
        error_description: 'Client is unauthorized to retrieve access tokens using this method',
      },
    ],
  ])('where %s needs someone there', async (_name, answer) => {
    const own = worker(() => Response.json(answer, { status: 400 }))
    expect(await own.get(await connect(own), 'access-1')).toEqual({ kind: 'needs_reauth', cause: 'revoked' })
  })

  test.each([
    ['the key is not its own', { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }],
    [
      'the clock is wrong',
      { error: 'invalid_grant', error_description: 'Invalid JWT: Token must be short-lived' },
    ],
    ['the account is not known', { error: 'invalid_client' }],
  ])('where %s costs no connection: that is the operator’s', async (_name, answer) => {
    const own = worker(() => Response.json(answer, { status: 400 }))
    const connection = await connect(own)
    expect(await own.get(connection, 'access-1')).toMatchObject({ kind: 'unavailable' })
    expect((await own.deps.vault.get(connection.tenant, connection.id))?.state).toBe('active')
  })
})
