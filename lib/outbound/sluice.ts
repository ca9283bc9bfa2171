import { outbound as limits } from '../config/defaults.ts'
import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { CallCredentials, ConnectionCredentials, CredentialsOutcome } from '../oauth/credentials.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import type { ConnectionList } from '../vault/connection-list.ts'
import { addressOf } from './api-address.ts'
import type { CallDeps } from './call.ts'
import { connectionFinder } from './connection-finder.ts'
import { checkCallOptions, connectionFetch, type Caller, type CallOptions } from './connection-fetch.ts'
import type { Fetch } from './fetch-shape.ts'
import { lastAnswers } from './last-answers.ts'

/** A connection of a tenant: the provider, and the account there where the tenant has connected several. */
export interface ConnectionRef {
  readonly provider: string
  /** The connection itself, where it is known. */
  readonly id?: string
  /** As the provider names it: a realm, a team, `default` for a key without one. */
  readonly account?: string
  /** The account that is meant if the tenant has connected it; else its only connection. What an event knows. */
  readonly likelyAccount?: string
  /** Which of the provider's bases, where it has several: `sandbox`, `eu`, `upload`. */
  readonly base?: string
}

export interface SluiceDeps extends CallDeps {
  readonly apiOf: (provider: string) => ApiDeclaration | undefined
  readonly fromEnvironment: (name: string) => string | undefined
  readonly credentials: ConnectionCredentials
  readonly connections: ConnectionList
  /** The provider refused what can't be fresher: the connection needs its user. */
  readonly locked: (tenant: string, id: string, refused: CallCredentials) => Promise<void>
}

/** Calls to providers by connections of tenants. */
export interface Sluice {
  /**
   * A `fetch` for one connection; nothing is asked of anyone before it is used.
   * @throws TypeError or RangeError that names a wrong option.
   */
  fetch(tenant: string, connection: ConnectionRef, options?: CallOptions): Fetch
}

export function sluice(parts: SluiceDeps): Sluice {
  const deps = { ...parts, answers: lastAnswers(parts) }
  const idOf = connectionFinder(parts)
  return {
    fetch(tenant, connection, options = {}) {
      checkCallOptions(options)
      let found: Promise<Fetch> | undefined
      return async (input, init) => {
        found ??= idOf(tenant, connection).then((id) =>
          connectionFetch(callerOf(tenant, id, connection, deps), options, deps),
        )
        // What could not be found now may be later.
        found.catch(() => (found = undefined))
        return (await found)(input, init)
      }
    },
  }
}

/** A {@link Sluice} that is made when it is first used: most events call nobody. */
export function sluiceLater(open: () => Promise<Sluice>): Sluice {
  let opened: Promise<Sluice> | undefined
  const use = (): Promise<Sluice> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    fetch(tenant, connection, options) {
      if (options) checkCallOptions(options)
      let made: Fetch | undefined
      return async (input, init) => {
        made ??= (await use()).fetch(tenant, connection, options)
        return made(input, init)
      }
    },
  }
}

function callerOf(
  tenant: string,
  id: string,
  { provider, base }: ConnectionRef,
  deps: SluiceDeps,
): Caller<CallCredentials> {
  const api = deps.apiOf(provider)
  const authorize = async (refused?: CallCredentials): Promise<CallCredentials> =>
    given(provider, await deps.credentials.of({ tenant, id }, refused))
  return {
    provider,
    connection: id,
    api,
    address: async () => {
      if (!api) throw new SluiceError('MISCONFIGURED', `${provider} declares no API that can be called`)
      const { fromEnvironment } = deps
      return addressOf(api, { provider, base, params: (await authorize()).extras, fromEnvironment })
    },
    authorize,
    locked: (refused) => deps.locked(tenant, id, refused),
  }
}

/** @throws ApiError `disconnected` when only someone's doing can mend it, `held` when waiting can. */
function given(provider: string, outcome: CredentialsOutcome): CallCredentials {
  switch (outcome.kind) {
    case 'credentials':
      return outcome.credentials
    case 'needs_reauth':
      throw new ApiError({ provider, status: 0, kind: 'disconnected', code: outcome.cause })
    case 'not_active':
      throw new ApiError({ provider, status: 0, kind: 'disconnected', code: outcome.state })
    case 'unavailable': {
      const retryAfterMs = limits.retry.capMs
      throw new ApiError({ provider, status: 0, kind: 'held', code: outcome.error, retryAfterMs })
    }
  }
}
