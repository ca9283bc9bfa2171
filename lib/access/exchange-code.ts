import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  AuthorizationResponseError,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  None,
  validateAuthResponse,
  type AuthorizationServer,
  type ClientAuth,
} from 'oauth4webapi'
import type { ConsoleClient } from '../config/oidc.ts'
import { isLoopback } from '../primitives/secure-url.ts'
import type { Secret } from '../primitives/secret.ts'
import type { CodeAnswer, Exchanged } from './issuer.ts'

export interface ExchangeOptions {
  readonly server: AuthorizationServer
  readonly client: ConsoleClient
  readonly secret: Secret | undefined
  /** One bounded request; throws where there is no answer. */
  readonly send: (
    url: string,
    init: RequestInit,
  ) => Promise<{ readonly status: number; readonly text: string }>
}

/**
 * Judges an authorization answer and takes its code to the token endpoint, both by `oauth4webapi`: state, `iss` (RFC 9207), errors,
 * answers of other flows, PKCE and who the client is. The ID token is not judged here.
 * @throws what `send` throws
 */
export async function exchangeCode(answer: CodeAnswer, options: ExchangeOptions): Promise<Exchanged> {
  const { server, client, send } = options
  const parameters = validated(answer, options)
  if (!(parameters instanceof URLSearchParams)) return parameters
  const auth = clientAuthOf(options)
  if (!auth) return { kind: 'refused', why: 'client_secret_missing' }
  let status = 0
  let text = ''
  await authorizationCodeGrantRequest(
    server,
    { client_id: client.clientId },
    auth,
    parameters,
    answer.redirectUri,
    answer.verifier,
    {
      [customFetch]: async (url, { method, headers, body }) => {
        ;({ status, text } = await send(url, { method, headers, body }))
        return new Response()
      },
      [allowInsecureRequests]: isLoopback(new URL(server.issuer).hostname),
    },
  )
  if (status >= 500 || status === 429) return { kind: 'unavailable' }
  const idToken = status === 200 ? idTokenIn(text) : undefined
  return idToken === undefined
    ? { kind: 'refused', why: `token_endpoint_${status}` }
    : { kind: 'exchanged', idToken }
}

const notAnAnswer = { kind: 'refused', why: 'authorization_answer' } as const

function validated({ query, state }: CodeAnswer, { server, client }: ExchangeOptions) {
  try {
    const parameters = validateAuthResponse(server, { client_id: client.clientId }, query, state)
    return parameters.has('code') ? parameters : notAnAnswer
  } catch (error) {
    return error instanceof AuthorizationResponseError ? ({ kind: 'denied' } as const) : notAnAnswer
  }
}

function clientAuthOf({ client, secret }: ExchangeOptions): ClientAuth | undefined {
  if (client.clientAuth === 'none') return None()
  if (!secret) return undefined
  const make = client.clientAuth === 'client_secret_basic' ? ClientSecretBasic : ClientSecretPost
  return make(secret.reveal())
}

function idTokenIn(text: string): string | undefined {
  try {
    const token = (JSON.parse(text) as Readonly<Record<string, unknown>> | null)?.['id_token']
    return typeof token === 'string' ? token : undefined
  } catch {
    return undefined
  }
}
