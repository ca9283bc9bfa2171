import type { KeySource, WebhookDeclaration } from '../providers/provider.ts'
import type { HmacScheme } from '../providers/scheme.ts'

/** One webhook address. The provider's default endpoint has the provider's id and answers on `/webhooks/{provider}`. */
export interface Endpoint {
  readonly id: string
  readonly provider: string
  readonly tenant: string
  /** Key of the signing secrets in the environment or in the provider's secret (comma-separated during a rotation). */
  readonly secretName: string
  /** Replaces the provider's scheme: what makes `hmac` configurable. */
  readonly scheme?: HmacScheme
  /** Replaces the provider's sources of a delivery's identity. */
  readonly deliveryKey?: readonly KeySource[]
  /** The address as the provider knows it, where the signature covers it: `https://hooks.example.com`. */
  readonly publicUrl?: string
  /** Which tenant an account at the provider is; others belong to {@link tenant}. */
  readonly tenants?: Readonly<Record<string, string>>
  /** The EventBridge bus that brings the same events, where there is one. */
  readonly bus?: BusRule
  /** Bodies above this get 413. */
  readonly maxBodyBytes: number
}

/** Which events of which bus belong to an endpoint. */
export interface BusRule {
  /** Name of the bus; `default` is where AWS services put theirs. */
  readonly name: string
  readonly source: string
  readonly detailTypes?: readonly string[]
  /** A pattern for `detail`, as EventBridge takes it. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Every webhook address of this deployment, compiled from `sluice.config.ts` and shipped with the function. */
export interface Directory {
  /** `undefined` for an address that does not exist; never looks at prototypes. */
  find(provider: string, endpoint?: string): Endpoint | undefined
  /** The endpoint to which the events of a bus with this `source` belong. */
  onBus(source: string): Endpoint | undefined
  readonly endpoints: readonly Endpoint[]
}

export function directoryOf(endpoints: readonly Endpoint[]): Directory {
  const byAddress = new Map(endpoints.map((endpoint) => [`${endpoint.provider}/${endpoint.id}`, endpoint]))
  const bySource = new Map(endpoints.flatMap((each) => (each.bus ? [[each.bus.source, each]] : [])))
  return {
    find: (provider, endpoint = provider) => byAddress.get(`${provider}/${endpoint}`),
    onBus: (source) => bySource.get(source),
    endpoints,
  }
}

/** What the webhooks of a provider are like; `undefined` where it sends none. */
export type Declarations = (provider: string) => WebhookDeclaration | undefined

/** What holds at `endpoint`: its provider's declaration, with the endpoint's own parts in their places. */
export const declarationAt = (
  { scheme, deliveryKey }: Endpoint,
  declaration: WebhookDeclaration,
): WebhookDeclaration => ({ ...declaration, ...(scheme && { scheme }), ...(deliveryKey && { deliveryKey }) })
