import { createServer, type RequestListener } from 'node:http'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import type { Secret } from '#lib/primitives/secret.ts'
import { listen } from '../services/aws-json.ts'
import type { State } from '../services/state.ts'
import { authorizationServer, type AuthorizationServer } from './authorization-server.ts'
import { storedChanges } from './changes.ts'
import { answerControl, type ControlDeps } from './control.ts'
import { answerFeed } from './feed.ts'
import { addressOf, refuse } from './http.ts'
import { webhookSender } from './webhooks.ts'

/** The sandbox provider, as this machine runs it. */
export interface SandboxServer {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  close(): Promise<void>
}

export interface SandboxOptions {
  readonly redirectUri: string
  readonly tokenSeconds: number
  /** Where its webhooks go, and what they are signed with. */
  readonly webhook: { readonly url: string; readonly secret: Secret }
}

/**
 * A provider to try everything with: an OAuth server, an API whose feed tells what changed, a sender of signed webhooks, and the
 * means to make changes and to lose webhooks. It keeps what it knows in the stack's own store.
 */
export async function startSandbox(state: State, options: SandboxOptions): Promise<SandboxServer> {
  const world = { state, clock: systemClock, random: systemRandom, fetch }
  const webhooks = webhookSender({ ...world, ...options.webhook })
  const changes = storedChanges(state, systemClock)
  const server = createServer()
  const endpoint = await listen(server)
  const { url } = endpoint
  const authorization = authorizationServer(state, { ...options, url })
  server.on('request', routes(authorization, { changes, webhooks, accounts: authorization.accounts }))
  const { clientId, clientSecret } = authorization
  return {
    url,
    clientId,
    clientSecret,
    close: () => {
      webhooks.close()
      return endpoint.close()
    },
  }
}

const routes =
  ({ answer, accountOf }: AuthorizationServer, deps: ControlDeps): RequestListener =>
  (request, response) => {
    const { pathname } = addressOf(request)
    const broken = (): void => {
      if (response.headersSent) response.destroy()
      else refuse(response, 500, { error: 'server_error', error_description: 'The sandbox failed.' })
    }
    if (pathname === '/changes' && request.method === 'GET')
      answerFeed(request, response, { ...deps, accountOf }).catch(broken)
    else if (/^\/control(\/|$)/.test(pathname)) answerControl(request, response, deps).catch(broken)
    else void answer(request, response)
  }
