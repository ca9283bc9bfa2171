import * as z from 'zod/mini'
import { findProvider, providers } from '../providers/catalog.ts'
import type { Fault } from './config-faults.ts'
import type { EndpointConfig, SubscriptionConfig } from './define-config.ts'
import { id, text } from './fields.ts'

const keepable = providers.filter(({ keeper }) => keeper).map((provider) => provider.id)
const someOf = { error: 'must name at least one, or be left out' }

/** One line of `subscriptions`. */
export const subscriptionSchema = z.strictObject({
  provider: z.string().check(
    z.refine((value) => findProvider(value)?.keeper !== undefined, {
      error: `must be a provider whose subscriptions can be kept: ${keepable.join(', ')}`,
    }),
  ),
  keep: z.optional(z.array(text()).check(z.minLength(1, someOf))),
  tenants: z.optional(z.array(id).check(z.minLength(1, someOf))),
})

/** Names that their provider does not have, and channels that would lead nowhere; which parameters one needs is checked by the build. */
export const subscriptionFaults = (
  subscriptions: readonly SubscriptionConfig[],
  endpoints: readonly EndpointConfig[],
): readonly Fault[] =>
  subscriptions.flatMap(({ provider, keep }, index) => {
    const keeper = findProvider(provider)?.keeper ?? {}
    const known = Object.keys(keeper)
    const names = keep?.map((each) => each.split('?', 1)[0] ?? '') ?? known
    const path = ['subscriptions', index]
    const unknown = names.flatMap((name, at) =>
      known.includes(name)
        ? []
        : [{ path: [...path, 'keep', at], message: `must be one that ${provider} has: ${known.join(', ')}` }],
    )
    const leadsNowhere =
      names.some((name) => keeper[name]?.kind === 'channel') &&
      !endpoints.some((endpoint) => endpoint.provider === provider)
    const missing = `opens channels to an endpoint: add { provider: '${provider}' } to endpoints`
    return [...unknown, ...(leadsNowhere ? [{ path, message: missing }] : [])]
  })
