import type { SubscriptionConfig } from '../config/define-config.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { KeeperDeclaration } from '../providers/keeper.ts'
import type { Provider } from '../providers/provider.ts'
import type { Subscription } from './keeper.ts'

/** A subscription that the config wants of a tenant's connections to a provider. */
export interface WantedSubscription {
  /** Its keeper's name, and what it is of: always the same text for the same. */
  readonly subscription: string
  readonly params: Readonly<Record<string, string>>
  readonly declaration: KeeperDeclaration
}

/** What the config wants to be looked after. */
export interface WantedSubscriptions {
  readonly of: (tenant: string, provider: string) => readonly WantedSubscription[]
  /** What is declared for one that stands; `undefined` where the config wants it no more. */
  readonly declarationOf: (
    subscription: Pick<Subscription, 'tenant' | 'provider' | 'subscription'>,
  ) => KeeperDeclaration | undefined
  /** Subscriptions of the provider that has most of them; 0 where nothing is wanted. */
  readonly most: number
}

/** @throws SluiceError `MISCONFIGURED` for one that its provider does not have, or that needs other parameters. */
export function wantedSubscriptions(
  configs: readonly SubscriptionConfig[],
  providerOf: (id: string) => Provider | undefined,
): WantedSubscriptions {
  const lines = configs.map(({ provider, keep, tenants }) => ({
    provider,
    tenants: tenants && new Set(tenants),
    wanted: wantedIn(providerOf(provider), keep),
  }))
  const of: WantedSubscriptions['of'] = (tenant, provider) => {
    const found = lines
      .filter((line) => line.provider === provider && (line.tenants?.has(tenant) ?? true))
      .flatMap((line) => line.wanted)
    return [...new Map(found.map((each) => [each.subscription, each])).values()]
  }
  const byProvider = Map.groupBy(lines, ({ provider }) => provider)
  return {
    of,
    declarationOf: ({ tenant, provider, subscription }) =>
      of(tenant, provider).find((each) => each.subscription === subscription)?.declaration,
    most: Math.max(0, ...[...byProvider.values()].map((all) => all.flatMap(({ wanted }) => wanted).length)),
  }
}

function wantedIn(
  provider: Provider | undefined,
  named: readonly string[] | undefined,
): readonly WantedSubscription[] {
  if (!provider?.keeper) return []
  const plain = Object.entries(provider.keeper).flatMap(([name, declaration]) =>
    paramsOf(declaration).length === 0 ? [name] : [],
  )
  return (named ?? plain).map((text) => subscriptionOf(provider, text))
}

function subscriptionOf({ id, keeper = {} }: Provider, text: string): WantedSubscription {
  const [name = '', query = ''] = text.split('?', 2)
  const declaration = Object.hasOwn(keeper, name) ? keeper[name] : undefined
  if (!declaration) throw misconfigured(`${id} has no subscription "${name.slice(0, 64)}"`)
  const given = [...new URLSearchParams(query)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const needed = paramsOf(declaration)
  if (given.map(([each]) => each).join() !== needed.join() || given.some(([, value]) => !fits(value)))
    throw misconfigured(`the subscription "${name}" of ${id} needs: ${needed.join(', ') || 'no parameters'}`)
  const sorted = new URLSearchParams(given).toString()
  return {
    subscription: sorted === '' ? name : `${name}?${sorted}`,
    params: Object.fromEntries(given),
    declaration,
  }
}

/** In a path it is one segment: a slash in it is escaped there, two dots would not be. */
const fits = (value: string): boolean =>
  value !== '' && value.length <= 256 && !/^\.{1,2}$|\p{Cc}/u.test(value) && value.isWellFormed()

/** Names of the parameters that it needs, in alphabetical order. */
function paramsOf(declaration: KeeperDeclaration): readonly string[] {
  if (declaration.kind === 'deliveries') return ['hook', 'owner', 'repo']
  const names = [...JSON.stringify(declaration).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const asked = declaration.kind === 'channel' ? declaration.first?.param : undefined
  return [...new Set(names)].filter((name) => name !== asked).toSorted((a, b) => (a < b ? -1 : 1))
}

const misconfigured = (why: string): SluiceError => new SluiceError('MISCONFIGURED', why)
