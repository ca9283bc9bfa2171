import { findProvider } from '../providers/catalog.ts'
import type { Handler } from '../processing/handler.ts'
import type { Endpoint } from '../webhooks/directory.ts'
import type { EndpointConfig } from './define-config.ts'

/** One thing wrong in the config: where, and what to write instead. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

const variables = new Set(['{body}', '{timestamp}', '{id}'])

/** Schemes that could never verify, or that would verify more than was signed. */
export function schemeFaults(endpoints: readonly EndpointConfig[]): Fault[] {
  return endpoints.flatMap(({ provider, scheme }, index) => {
    if (!scheme) return []
    const fault = (field: string, message: string): Fault => ({
      path: ['endpoints', index, 'scheme', ...field.split('.').filter(Boolean)],
      message,
    })
    const signs = (part: string) => scheme.signed.includes(part)
    const keyed = scheme.timestamp !== undefined && 'key' in scheme.timestamp
    return [
      provider !== 'hmac' && fault('', `only provider "hmac" takes a scheme; ${provider} has its own`),
      ...scheme.signed
        .filter((part) => /[{}]/.test(part) && !variables.has(part))
        .map((part) =>
          fault('signed', `has the part "${part}"; variables stand alone: {body}, {timestamp}, {id}`),
        ),
      !signs('{body}') && fault('signed', 'must contain "{body}", or the body could be anything'),
      signs('{timestamp}') && !scheme.timestamp && fault('timestamp', 'is needed: "{timestamp}" is signed'),
      !signs('{timestamp}') &&
        scheme.timestamp &&
        fault('signed', 'must contain "{timestamp}": an unsigned time proves nothing'),
      signs('{id}') && !scheme.id && fault('id', 'is needed: "{id}" is signed'),
      !signs('{id}') && scheme.id && fault('signed', 'must contain "{id}": an unsigned id proves nothing'),
      keyed &&
        scheme.signature.format.kind !== 'pairs' &&
        fault('timestamp', 'can only have a "key" when the signature has the format "pairs"'),
    ].filter((found) => typeof found === 'object')
  })
}

/** Identities that a stranger could choose: what is not signed can be changed to pass one event off as another. */
export function keyFaults(endpoints: readonly EndpointConfig[]): Fault[] {
  return endpoints.flatMap(({ provider, scheme, deliveryKey = [] }, index) => {
    const path = ['endpoints', index, 'deliveryKey']
    if (deliveryKey.length > 0 && provider !== 'hmac')
      return [{ path, message: `only provider "hmac" takes one; ${provider} has its own` }]
    return deliveryKey.flatMap((source, at) =>
      'header' in source && source.header !== scheme?.id?.header
        ? [
            {
              path: [...path, at],
              message: 'must be the signed "id" header of the scheme, or a pointer into the body',
            },
          ]
        : [],
    )
  })
}

/** Providers that sign their address need to be told it: a request says of its host what its sender likes. */
export function addressFaults(endpoints: readonly EndpointConfig[]): Fault[] {
  return endpoints.flatMap(({ provider, publicUrl }, index) => {
    const scheme = findProvider(provider)?.webhooks?.scheme
    const needsAddress = scheme?.kind === 'hmac' && scheme.signed.includes('{url}')
    if (!needsAddress || publicUrl !== undefined) return []
    const path = ['endpoints', index, 'publicUrl']
    return [{ path, message: `is needed: ${provider} signs the address, such as https://hooks.example.com` }]
  })
}

/** A bus must be one that the provider has, and its events must lead to one endpoint. */
export function busFaults(endpoints: readonly Endpoint[]): Fault[] {
  const twice = repeated(endpoints, ({ id, bus }) => bus?.source ?? `none ${id}`)
  return endpoints.flatMap(({ provider, bus }, index) => {
    if (!bus) return []
    const sources = findProvider(provider)?.webhooks?.bus?.sources ?? []
    const fault = (field: string, message: string): Fault => ({
      path: ['endpoints', index, 'bus', field],
      message,
    })
    if (sources.length === 0)
      return [{ path: ['endpoints', index, 'bus'], message: `is not known for ${provider}; remove it` }]
    const first = twice.find(([at]) => at === index)?.[1]
    if (first !== undefined)
      return [fault('source', `"${bus.source}" leads to endpoints[${first}]; give each source one endpoint`)]
    const isPartner = sources.some((source) => source.startsWith('aws.partner/'))
    const isOwn = sources.some((source) =>
      isPartner ? bus.source.startsWith(`${source}/`) : bus.source === source,
    )
    if (isOwn) return []
    return [
      fault(
        'source',
        `must be ${sources.map((source) => (isPartner ? `${source}/…` : source)).join(' or ')}`,
      ),
    ]
  })
}

/**
 * Endpoints that something could not tell apart. Ids are unique over all providers, because an event's id is made of
 * tenant, endpoint and key; secret names are, because one environment holds them all.
 */
export function repeatedEndpoints(endpoints: readonly Endpoint[]): Fault[] {
  const byId = repeated(endpoints, ({ id }) => id)
  const bySecret = repeated(endpoints, ({ secretName }) => secretName)
  return [
    ...byId.map(([index, first]) => ({
      path: ['endpoints', index, 'id'],
      message: `"${endpoints[index]?.id}" is taken by endpoints[${first}]; give this one another id`,
    })),
    ...bySecret
      .filter(([index]) => !byId.some(([other]) => other === index))
      .map(([index, first]) => ({
        path: ['endpoints', index, 'id'],
        message: `would share its secret's name with endpoints[${first}]; give it another id`,
      })),
  ]
}

/** A retry skips the handlers that have succeeded, by name: two of one name would be taken for one. */
export const repeatedHandlers = (handlers: readonly Handler[]): Fault[] =>
  repeated(handlers, ({ name }) => name).map(([index, first]) => ({
    path: ['handlers', index],
    message: `has the name of handlers[${first}]; name it by the third argument of on()`,
  }))

/** Index of each item whose key an earlier item has, with that item's index. */
function repeated<T>(items: readonly T[], key: (item: T) => string): [index: number, first: number][] {
  const seen = new Map<string, number>()
  return items.flatMap((item, index) => {
    const first = seen.get(key(item))
    if (first !== undefined) return [[index, first] as [number, number]]
    seen.set(key(item), index)
    return []
  })
}
