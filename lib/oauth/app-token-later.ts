import { SluiceError } from '../errors/sluice-error.ts'
import type { Secret } from '../primitives/secret.ts'
import type { AppTokenDeps, AppTokens } from './app-token.ts'

/**
 * The access token of a grant without a user; `undefined` where its client is not set up. The code for it is loaded when a
 * token is first asked for: most starts never do.
 * @throws {SluiceError} `DESTINATION_UNAVAILABLE` while the provider gives none.
 */
export function appTokenLater(deps: AppTokenDeps): (provider: string) => Promise<Secret | undefined> {
  let loaded: Promise<AppTokens> | undefined
  return async (provider) => {
    if (!(await deps.clientOf(provider))) return undefined
    loaded ??= import('./app-token.ts').then(({ appTokens }) => appTokens(deps))
    const outcome = await (await loaded).get(provider)
    if (outcome.kind === 'token') return outcome.accessToken
    throw new SluiceError('DESTINATION_UNAVAILABLE', `no access token: ${outcome.error}`)
  }
}
