/**
 * The words that infrastructure and code must spell alike: environment variables, indexes, prefixes, routes.
 * Imports nothing, so both sides can read it.
 */

/** Environment variables that the template sets on the functions. */
export const env = {
  stage: 'SLUICE_STAGE',
  publicUrl: 'SLUICE_PUBLIC_URL',
  eventsQueueUrl: 'SLUICE_EVENTS_QUEUE_URL',
  bulkQueueUrl: 'SLUICE_BULK_QUEUE_URL',
  pollQueueUrl: 'SLUICE_POLL_QUEUE_URL',
  backfillQueueUrl: 'SLUICE_BACKFILL_QUEUE_URL',
  replayQueueUrl: 'SLUICE_REPLAY_QUEUE_URL',
  eventsDeadLetterUrl: 'SLUICE_EVENTS_DLQ_URL',
  bulkDeadLetterUrl: 'SLUICE_BULK_DLQ_URL',
  pollsDeadLetterUrl: 'SLUICE_POLLS_DLQ_URL',
  backfillsDeadLetterUrl: 'SLUICE_BACKFILLS_DLQ_URL',
  ledgerTable: 'SLUICE_LEDGER_TABLE',
  controlTable: 'SLUICE_CONTROL_TABLE',
  connectionsTable: 'SLUICE_CONNECTIONS_TABLE',
  /** ARN of the key that wraps the vault's data keys. */
  vaultKey: 'SLUICE_VAULT_KEY',
  bucket: 'SLUICE_BUCKET',
  eventBus: 'SLUICE_EVENT_BUS',
  /** `true` switches the bus destination on (default), `false` off. */
  eventBusEnabled: 'SLUICE_EVENT_BUS_ENABLED',
  adminToken: 'SLUICE_ADMIN_TOKEN',
  /** ARN of the secret that holds the admin token when the variable above is unset: a JSON object, its key is that variable's name. */
  adminSecret: 'SLUICE_ADMIN_SECRET',
  /** Whose tokens open the admin API: the `Oidc` of the config as JSON. Unset: nobody's. */
  adminOidc: 'SLUICE_ADMIN_OIDC',
  /** The console's secret at that issuer, where it has one. Unset: it stands under this name in the admin secret. */
  consoleClientSecret: 'SLUICE_CONSOLE_CLIENT_SECRET',
  /** Addresses that browsers may be sent to after connecting, separated by spaces. */
  returnTo: 'SLUICE_RETURN_TO',
  maxAttempts: 'SLUICE_MAX_ATTEMPTS',
  logLevel: 'SLUICE_LOG_LEVEL',
  /** How long after a poll a webhook may still bring what that found; ten minutes where it is unset. The local stack sets it. */
  missedGraceSeconds: 'SLUICE_MISSED_GRACE_SECONDS',
} as const

/** Attributes of the Ledger table: `pk` alone is the key. */
export const ledgerKey = 'pk'
/** Attributes of the Control and Connections tables. */
export const controlKeys = { partition: 'pk', sort: 'sk' } as const
/** DynamoDB's TTL attribute in every table, epoch seconds. */
export const ttlAttribute = 'expireAt'

/** Every event by time: `timeBucket` (hour + shard) and `at` (sortable receive time). Projects the attributes in `include`. */
export const byTime = {
  index: 'byTime',
  partition: 'timeBucket',
  sort: 'at',
  include: ['tenant', 'provider', 'type'],
} as const
/** Dead letters only (sparse): `deadBucket` (month) and `deadAt`. */
export const byDeath = {
  index: 'byDeath',
  partition: 'deadBucket',
  sort: 'deadAt',
  include: ['tenant', 'provider', 'type', 'reason'],
} as const
/** Connections whose tokens are to be refreshed (sparse): `refreshBucket` (shard) and `refreshAt`, 13 digits. */
export const byRefresh = {
  index: 'byRefresh',
  partition: 'refreshBucket',
  sort: 'refreshAt',
  include: ['tenant', 'id'],
} as const
/** Shards of what is due for a refresh. */
export const refreshShards = 4
/** Every connection, and every poll: `listed` says which of the two, `place` sorts by tenant and id. */
export const byConnection = {
  index: 'byConnection',
  partition: 'listed',
  sort: 'place',
  include: ['id'],
} as const
/** Partitions of the Connections table: the polls of one connection, the polls of one phase, and what the tick remembers. */
export const pollKey = (connection: string): string => `poll#${connection}`
export const phaseKey = (phase: string): string => `phase#${phase}`
export const tickKey = 'tick'
/** Partitions of the Control table: what polls found in a minute before any webhook, and what webhooks never brought. */
export const sightedKey = (minute: number | '*', shard: number | '*'): string => `sighted#${minute}#${shard}`
export const sightedShards = 4
export const missedKey = (tenant: string): string => `missed#${tenant}`
export const judgedKey = 'missed-judged'
/** What was done by whom, by month (`2026-11`); answers kept for `Idempotency-Key`; sign-ins by minute; circuit breakers. */
export const auditKey = (month: string): string => `audit#${month}`
export const answerKey = (scope: string): string => `answer#${scope}`
export const signInKey = (who: string): string => `sign-ins#${who}`
export const breakerKey = (hash: string): string => `breaker#${hash}`
/** Partition of the Control table: when each scheduled function came to its end last. */
export const roundKey = 'round'
/** The backfills of one connection, and what the keeper knows of its subscriptions. */
export const backfillKey = (connection: string): string => `backfill#${connection}`
export const keeperKey = (connection: string): string => `keeper#${connection}`
/** Partitions of the Control table: replays, and of each tenant the one whose turn it is. */
export const replayKey = 'replays'
export const replayTurnKey = 'replay-turns'
/** What dead events wait for, and of each cause the events. */
export const heldKey = 'held'
export const heldByKey = (cause: string): string => `held#${cause}`
/** Where in `byRefresh` the keeper's subscriptions are, by when they are due. */
export const keeperBucket = 'keeper'
/** Connections that have changed since the tick has last compared them with their polls. */
export const changedKey = 'changed'
/** Shards of one hour in `byTime`, so that no partition takes every write. */
export const timeShards = 4

/** Object prefixes in the bucket. */
export const prefixes = {
  /** Bodies too large for a message: `bodies/{tenant}/{random}`. */
  bodies: 'bodies/',
  /** Envelopes that the queue did not take: `spill/{epochMs}-{random}.json`. */
  spill: 'spill/',
  /** Envelopes of finished events too large for a ledger item: `archive/{tenant}/{eventId}`. */
  archive: 'archive/',
  /** New tokens that the table did not take: `escrow/{connection}/{version}`. */
  escrow: 'escrow/',
} as const

/** Secrets Manager: one secret per provider, a JSON object of the names and values that could stand in the environment too. */
export const secretName = (stage: string, provider: string): string => `sluice/${stage}/${provider}`
/** `stripe` -> `STRIPE`, `google-calendar` -> `GOOGLE_CALENDAR`. */
export const shout = (id: string): string => id.toUpperCase().replaceAll('-', '_')
/** The name under which an endpoint's signing secrets are looked up; the provider's default endpoint has no infix. */
export const webhookSecretName = (provider: string, endpoint: string, suffix = 'WEBHOOK_SECRET'): string =>
  endpoint === provider ? `${shout(provider)}_${suffix}` : `${shout(provider)}_${shout(endpoint)}_${suffix}`

/** EventBridge `source` of everything Sluice publishes. */
export const busSource = 'sluice'
/** CloudWatch namespace of every metric. */
export const metricNamespace = 'Sluice'
