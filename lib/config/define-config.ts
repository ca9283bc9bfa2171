import type { Handler } from '../processing/handler.ts'
import type { ValueSource } from '../providers/provider.ts'
import type { HmacScheme } from '../providers/scheme.ts'
import type { OidcConfig } from './oidc.ts'

/** What `sluice.config.ts` says: the one file a user must edit. Checked by `parseConfig` when the template is made. */
export interface SluiceConfig {
  /** Webhook addresses. `{ provider: 'stripe' }` is `/webhooks/stripe` for the tenant `default`. */
  readonly endpoints: readonly EndpointConfig[]
  /** What runs for each event: the results of `on(pattern, handler)`. */
  readonly handlers?: readonly Handler[]
  /** Publish every event on the EventBridge bus as CloudEvents. Default `true`. */
  readonly eventBus?: boolean
  readonly retry?: {
    /** Handler starts per event before it is dead. Default 8. */
    readonly maxAttempts?: number
  }
  /**
   * Environment variables for the handlers, such as addresses of other systems; those that begin with a provider's name, such as
   * `QUICKBOOKS_BASE_URL`, also for the proxy. Never secrets: they are visible in the template.
   */
  readonly environment?: Readonly<Record<string, string>>
  /** Where a browser may be sent after it has connected an account: whole addresses, or beginnings that end with a slash. */
  readonly connect?: { readonly returnTo: readonly string[] }
  /** What is read from providers by itself, for the tenants that have connected: the net under lost webhooks. Default: nothing. */
  readonly polls?: readonly PollConfig[]
  /** What of webhooks ends by itself, fails without a retry or may be switched off, and is looked after. Default: nothing. */
  readonly subscriptions?: readonly SubscriptionConfig[]
  /** Who may use the admin API beside whoever has the admin token: people, by tokens of your identity provider. */
  readonly admin?: { readonly oidc?: OidcConfig }
  /** Who is told of alarms: an address that SNS asks to confirm. Without one, subscribe to the stack's output `AlarmTopic`. */
  readonly alarms?: { readonly email?: string }
  /** How much of the account's Lambda concurrency each function may take; unset takes from the shared pool. */
  readonly concurrency?: ConcurrencyConfig
}

export interface PollConfig {
  readonly provider: string
  /** Such as `events`, or `issues?owner=octo&repo=hello`. Default: every stream of the provider that needs no parameters. */
  readonly streams?: readonly string[]
  /** Default: every tenant with a connection to the provider. */
  readonly tenants?: readonly string[]
}

export interface SubscriptionConfig {
  readonly provider: string
  /**
   * Such as `events?calendar=primary`, `mailbox?topic=projects/p/topics/t` or `deliveries?owner=octo&repo=hello&hook=1`.
   * Default: everything of the provider that needs no parameters.
   */
  readonly keep?: readonly string[]
  /** Default: every tenant with a connection to the provider. */
  readonly tenants?: readonly string[]
}

export interface ConcurrencyConfig {
  /** Copies of the worker that one queue may start, 2 to 1000. Default 50. */
  readonly worker?: number
  /** Copies of the poller that its queue may start, 2 to 1000. Default 10. */
  readonly poller?: number
  /** Concurrency reserved for, and the most taken by, one function: a flood of forged requests stops there. */
  readonly reserved?: Readonly<
    Partial<
      Record<'webhook' | 'worker' | 'sweeper' | 'admin' | 'oauth' | 'refresher' | 'proxy' | 'poller', number>
    >
  >
}

export interface EndpointConfig {
  readonly provider: string
  /** Default: the provider's id, served on `/webhooks/{provider}`; any other id on `/webhooks/{provider}/{id}`. */
  readonly id?: string
  /** Default `default`. */
  readonly tenant?: string
  /** Only for `hmac`: how this sender signs. */
  readonly scheme?: HmacScheme
  /** Only for `hmac`: where a delivery's identity is read from, first found wins. Default: the SHA-256 of the body. */
  readonly deliveryKey?: readonly ValueSource[]
  /**
   * Which tenant an account at the provider is: `{ acct_1: 'acme' }`. Others belong to `tenant`. Name an account before its
   * first event: the tenant is part of an event's identity. A map is for tenants that one secret may speak for; those
   * that must not vouch for each other need an endpoint each.
   */
  readonly tenants?: Readonly<Record<string, string>>
  /** `https://hooks.example.com`: the address that the provider has, where its signature covers that (Twilio). */
  readonly publicUrl?: string
  /**
   * The same events come on an EventBridge bus too, or only there: an event destination of Stripe, Amazon SES or S3. What
   * both bring is handled once.
   */
  readonly bus?: {
    /** Default `default`; of a partner the name of its event source. */
    readonly name?: string
    /** Default: the provider's, such as `aws.ses`. A partner's has to be named: `aws.partner/stripe.com/ed_…`. */
    readonly source?: string
    /** Default: all. */
    readonly detailTypes?: readonly string[]
    /** An EventBridge pattern for `detail`: `{ bucket: { name: ['invoices'] } }`. */
    readonly detail?: Readonly<Record<string, unknown>>
  }
  /** Default 4 MiB. */
  readonly maxBodyBytes?: number
}

/** Gives the config its types in an editor; returns it as it is. */
export const defineConfig = (config: SluiceConfig): SluiceConfig => config
