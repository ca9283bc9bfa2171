import { oauth as limits } from '../config/defaults.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { elapsed, type EpochMs } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import type { KeyForm } from '../providers/auth.ts'
import type { Connection } from '../vault/connection.ts'
import type { AccessOutcome, AccessToken, AccessTokens } from './access-token.ts'
import { authorizationOf, formFor, type Authorization } from './key-forms.ts'
import type { TokenStoreDeps } from './token-store.ts'
import { openCredentials } from './token-store.ts'

/** What a call to the provider needs, whatever the connection stands on. */
export type CallCredentials = Authorization & {
  /** Other values that calls need. */
  readonly extras: Readonly<Record<string, string>>
} & (
    | { readonly kind: 'token'; readonly accessToken: Secret }
    /** `version` is what `rejectKey` asks for. */
    | { readonly kind: 'key'; readonly version: number }
  )

export type CredentialsOutcome =
  | { readonly kind: 'credentials'; readonly credentials: CallCredentials }
  | Exclude<AccessOutcome, { readonly kind: 'token' | 'key' }>

/** How calls of connections are let in. */
export interface ConnectionCredentials {
  /**
   * Headers and parameters for a call; from memory while they are fresh. `rejected` is what the provider has just refused: then
   * a token is refreshed, and a key is read again, in case that it was replaced.
   * @throws SluiceError `SEAL_BROKEN` when what is stored does not open, `MISCONFIGURED` when its provider no longer takes such a key.
   */
  of(connection: Pick<Connection, 'tenant' | 'id'>, rejected?: CallCredentials): Promise<CredentialsOutcome>
}

export interface CredentialsDeps extends Pick<TokenStoreDeps, 'keys' | 'clock'> {
  readonly tokens: AccessTokens
  readonly formsOf: (provider: string) => readonly KeyForm[]
}

interface Kept {
  readonly tenant: string
  readonly at: EpochMs
  readonly credentials: CallCredentials & { readonly kind: 'key' }
}

/** No token: asks for nothing but a read that sees the latest write. */
const nothing = new Secret('')

export function connectionCredentials(deps: CredentialsDeps): ConnectionCredentials {
  const memory = new Map<string, Kept>()
  const loading = new Map<string, Promise<CredentialsOutcome>>()
  const load = async (
    tenant: string,
    id: string,
    rejected?: CallCredentials,
  ): Promise<CredentialsOutcome> => {
    const refused = rejected?.kind === 'token' ? rejected.accessToken : rejected && nothing
    const outcome = await deps.tokens.get(tenant, id, refused)
    if (outcome.kind === 'token') return { kind: 'credentials', credentials: bearer(outcome.token) }
    if (outcome.kind !== 'key') return outcome
    const credentials = await opened(outcome.connection, deps)
    remember(memory, id, { tenant, at: deps.clock.now(), credentials })
    return { kind: 'credentials', credentials }
  }
  const once = (tenant: string, id: string, rejected?: CallCredentials): Promise<CredentialsOutcome> => {
    const key = `${tenant} ${id} ${rejected ? 'again' : ''}`
    const running = loading.get(key) ?? load(tenant, id, rejected).finally(() => loading.delete(key))
    loading.set(key, running)
    return running
  }
  return {
    async of({ tenant, id }, rejected) {
      const found = memory.get(id)
      const isRejected = rejected?.kind === 'key' && found?.credentials.version === rejected.version
      const kept = found?.tenant === tenant && !isRejected ? found : undefined
      if (kept && elapsed(kept.at, deps.clock.now()) < limits.keepMs)
        return { kind: 'credentials', credentials: kept.credentials }
      const outcome = await unlessAway(() => once(tenant, id, rejected))
      if (outcome.kind === 'needs_reauth' || outcome.kind === 'not_active') memory.delete(id)
      // The table or the keys are away: a key is as good as it was.
      return kept && outcome.kind === 'unavailable'
        ? { kind: 'credentials', credentials: kept.credentials }
        : outcome
    },
  }
}

function remember(memory: Map<string, Kept>, id: string, kept: Kept): void {
  memory.delete(id)
  memory.set(id, kept)
  const [oldest] = memory.keys()
  if (memory.size > limits.keepTokens && oldest !== undefined) memory.delete(oldest)
}

async function unlessAway(task: () => Promise<CredentialsOutcome>): Promise<CredentialsOutcome> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof SluiceError && error.consequence === 'retry')
      return { kind: 'unavailable', error: error.code.toLowerCase() }
    throw error
  }
}

/** Whatever a provider calls the type of its tokens (`bearer`, Slack's `bot` and `user`), they are sent as RFC 6750 says. */
const bearer = ({ accessToken, extras }: AccessToken): CallCredentials => ({
  kind: 'token',
  accessToken,
  headers: { authorization: new Secret(`Bearer ${accessToken.reveal()}`) },
  query: {},
  extras,
})

async function opened(connection: Connection, deps: CredentialsDeps): Promise<Kept['credentials']> {
  const { values, extras = {} } = await openCredentials(connection, deps)
  const form = formFor(deps.formsOf(connection.provider), values)
  if (!form) throw new SluiceError('MISCONFIGURED', 'the provider takes no such key any more')
  return { kind: 'key', version: connection.version, ...authorizationOf(form, values), extras }
}
