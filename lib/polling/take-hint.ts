import type { JobEntry } from './poll-jobs.ts'
import type { HintJob } from './hint-job.ts'
import type { Connected } from './reconcile.ts'

export interface TakeHintDeps {
  readonly connections: {
    find(id: string): Promise<Connected | undefined>
    list(
      tenant: string | undefined,
      after: string | undefined,
      limit: number,
    ): Promise<{ readonly connections: readonly Connected[]; readonly next?: string }>
  }
  /** The connection of an account. */
  readonly idOf: (tenant: string, provider: string, account: string) => string
  /** Streams that the config wants of a tenant's connections to a provider. */
  readonly streamsOf: (tenant: string, provider: string) => readonly { readonly stream: string }[]
  /** The endpoint that brings a tenant's webhooks of a provider. */
  readonly endpointOf: (tenant: string, provider: string) => string | undefined
}

const grammar = /^conn_[A-Za-z0-9_-]{32}/

/**
 * The polls that a hint is for: of the connection whose channel it came by, else of the account that it names, else of all
 * that the tenant has at the provider, as the account of a hint is not always the account of a connection.
 * @throws SluiceError `VAULT_UNAVAILABLE`
 */
export async function takeHint({ hint }: HintJob, deps: TakeHintDeps): Promise<readonly JobEntry[]> {
  const found = await connectionsOf(hint, deps)
  return found
    .filter(({ state, provider }) => state === 'active' && provider === hint.provider)
    .flatMap(({ id: connection, tenant, provider }) =>
      deps
        .streamsOf(tenant, provider)
        .filter(({ stream }) => hint.streams.includes(stream.split('?', 1)[0] ?? ''))
        .map(({ stream }) => ({ tenant, provider, connection, stream })),
    )
}

async function connectionsOf(hint: HintJob['hint'], deps: TakeHintDeps): Promise<readonly Connected[]> {
  const { tenant, provider, endpoint, account = '' } = hint
  const [own] = grammar.exec(account) ?? []
  if (own !== undefined) {
    // A channel that the keeper has made; who may speak for that tenant is the endpoint's to say.
    const found = await deps.connections.find(own)
    return found && deps.endpointOf(found.tenant, provider) === endpoint ? [found] : []
  }
  const named = account === '' ? undefined : await deps.connections.find(deps.idOf(tenant, provider, account))
  return named ? [named] : all(tenant, deps)
}

async function all(tenant: string, { connections }: TakeHintDeps): Promise<readonly Connected[]> {
  const found: Connected[] = []
  let after: string | undefined
  do {
    const page = await connections.list(tenant, after, 100)
    found.push(...page.connections)
    after = page.next
  } while (after !== undefined)
  return found
}
