import type { RetryingClient } from '../outbound/retrying-client.ts'
import type { Clock, EpochMs } from '../primitives/clock.ts'
import type { Random } from '../primitives/random.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** One subscription of a connection: its keeper's name, and what it is of: `events?calendar=primary`. */
export interface SubscriptionId {
  readonly connection: string
  readonly subscription: string
}

/**
 * `asked`: the provider may have it. `live`: it has. `lost`: it has, and its answer was lost, so that it can be stopped only once
 * another tells of what both are. `ending`: its successor is live.
 */
export interface Channel {
  readonly id: string
  readonly state: 'asked' | 'live' | 'lost' | 'ending'
  readonly resource?: string
  readonly since: EpochMs
  /** Of one that is not live, the end that was asked for. */
  readonly expiresAt: EpochMs
}

/** A failed delivery that was asked for again. */
export interface Redelivery {
  readonly guid: string
  readonly askedAt: EpochMs
  /** The provider has said that it will. */
  readonly done: boolean
}

/** What is known of a subscription; plain data. */
export interface Subscription extends SubscriptionId {
  readonly tenant: string
  readonly provider: string
  readonly params: Readonly<Record<string, string>>
  readonly channels: readonly Channel[]
  /** The end of a watch. */
  readonly watchedUntil?: EpochMs
  /** Deliveries up to then were looked at. */
  readonly lookedAt?: EpochMs
  readonly redeliveries: readonly Redelivery[]
  /** When the provider was first seen to have switched it off; missing while it has not. */
  readonly disabledAt?: EpochMs
  /** Whether that was told. */
  readonly told?: boolean
  readonly failures: number
  /** Nothing is to be done before. */
  readonly nextAt: EpochMs
  readonly version: number
  readonly leaseUntil: EpochMs
}

/** Subscriptions, each write conditional on the version that was read. @throws SluiceError `VAULT_UNAVAILABLE`, `RECORD_CORRUPT`. */
export interface Subscriptions {
  get(id: SubscriptionId): Promise<Subscription | undefined>
  /** Those of `ids` that exist; at most a hundred. */
  find(ids: readonly SubscriptionId[]): Promise<readonly Subscription[]>
  /** Those whose time has come, the longest due first. */
  due(now: EpochMs, limit: number): Promise<readonly SubscriptionId[]>
  create(subscription: Subscription): Promise<'created' | 'exists'>
  /** `subscription` with the version that was read; it is written with the next one. `by`: 128 random bits of this run. */
  save(subscription: Subscription, by: string): Promise<'saved' | 'lost'>
  remove(id: SubscriptionId): Promise<void>
}

/** News that a provider has switched a subscription off: `sluice.subscription.disabled`. */
export interface DisabledNews {
  readonly subscription: Subscription
  readonly reason: string
}

export interface KeeperDeps {
  readonly subscriptions: Pick<Subscriptions, 'get' | 'save' | 'remove'>
  readonly clientOf: (subscription: Subscription) => RetryingClient
  /** Where the provider sends to, and the token that proves it: those that the webhook's endpoint takes. */
  readonly receiverOf: (
    subscription: Subscription,
  ) => Promise<{ readonly address: string; readonly token: Secret }>
  /** Equal news are told once, however often it is called. */
  readonly announce: (news: DisabledNews) => Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

/** A field that is named and `undefined` is taken away. */
export type SubscriptionChange = { readonly [Field in keyof Subscription]?: Subscription[Field] | undefined }

/** A subscription under its lease. Every save is conditional; one that is lost ends the run. */
export interface Kept {
  readonly subscription: Subscription
  /** @throws LeaseLost */
  save(change: SubscriptionChange): Promise<Kept>
}

/** Another has written: this run does nothing more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}
