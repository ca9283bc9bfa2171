import { outbound as limits } from '../config/defaults.ts'
import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { CallCredentials, ConnectionCredentials, CredentialsOutcome } from '../oauth/credentials.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { connectionId } from '../vault/connection-id.ts'
import type { ConnectionList } from '../vault/connection-list.ts'
import { baseUrlOf } from './base-url.ts'
import type { CallDeps } from './call.ts'
import { connectionFetch, type Caller, type CallOptions } from './connection-fetch.ts'
import type { Fetch } from './fetch-shape.ts'
import { lastAnswers } from './last-answers.ts'
import type { ApiAddress } from './outgoing.ts'

/** A connection of a tenant: the provider, and the account there where the tenant has connected several. */
export interface ConnectionRef {
  readonly provider: string
  /** As the provider names it: a realm, a team, `default` for a key without one. */
  readonly account?: string
  /** Which of the provider's bases, where it has several: `sandbox`, `eu`, `upload`. */
  readonly base?: string
}

export interface SluiceDeps extends CallDeps {
  readonly apiOf: (provider: string) => ApiDeclaration | undefined
  readonly fromEnvironment: (name: string) => string | undefined
  readonly credentials: ConnectionCredentials
  readonly connections: Pick<ConnectionList, 'list'>
  /** The provider refused what can't be fresher: the connection needs its user. */
  readonly locked: (tenant: string, id: string, refused: CallCredentials) => Promise<void>
}

/** Calls to providers by connections of tenants. */
export interface Sluice {
  /** A `fetch` for one connection; nothing is asked of anyone before it is used. */
  fetch(tenant: string, connection: ConnectionRef, options?: CallOptions): Fetch
}

export function sluice(parts: SluiceDeps): Sluice {
  const deps = { ...parts, answers: lastAnswers(parts) }
  return {
    fetch(tenant, connection, options = {}) {
      let found: Promise<Fetch> | undefined
      return async (input, init) => {
        found ??= idOf(tenant, connection, deps).then((id) =>
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
    address: async () => addressOf(api, provider, base, (await authorize()).extras, deps),
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

/** Any of the provider's own origins may be called; plain HTTP and private hosts only where the operator names them. */
function addressOf(
  api: ApiDeclaration | undefined,
  provider: string,
  base: string | undefined,
  params: Readonly<Record<string, string>>,
  { fromEnvironment }: SluiceDeps,
): ApiAddress {
  if (!api) throw new SluiceError('MISCONFIGURED', `${provider} declares no API that can be called`)
  const at = (name: string | undefined, own = fromEnvironment): string =>
    baseUrlOf(api, { provider, base: name, params, fromEnvironment: own })
  const chosen = at(base)
  const others = Object.keys(api.otherBaseUrls ?? {}).flatMap((name) => unlessUnknown(() => at(name)))
  const declared = unlessUnknown(() =>
    at(base, (name) => (name.endsWith('_BASE_URL') ? undefined : fromEnvironment(name))),
  )
  return {
    base: chosen,
    origins: new Set([chosen, ...others].map((address) => new URL(address).origin)),
    trusted: !declared.includes(chosen),
  }
}

/** Another base of the API may want to know what this connection does not say. */
function unlessUnknown(address: () => string): readonly string[] {
  try {
    return [address()]
  } catch {
    return []
  }
}

async function idOf(tenant: string, { provider, account }: ConnectionRef, deps: SluiceDeps): Promise<string> {
  if (account !== undefined) return connectionId(tenant, provider, account)
  const ids: string[] = []
  for (let after: string | undefined, more = true; more;) {
    const page = await deps.connections.list(tenant, after, 100)
    for (const each of page.connections)
      if (each.provider === provider && each.state !== 'deleted') ids.push(each.id)
    after = page.next
    more = after !== undefined
  }
  const [id] = ids
  if (id === undefined) throw new ApiError({ provider, status: 0, kind: 'disconnected', code: 'unknown' })
  if (ids.length > 1)
    throw new SluiceError(
      'MISCONFIGURED',
      `this tenant has ${ids.length} connections at ${provider}: name the account`,
    )
  return id
}
