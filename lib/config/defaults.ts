import { days, hours, minutes, ms, seconds } from '../primitives/clock.ts'

/** Ingest. The whole answer stays inside the strictest provider deadline (Slack and QuickBooks: 3 s). */
export const ingest = {
  /** From the first byte read to the answer. */
  budgetMs: ms(2_500),
  /** One try of `SendMessage`; there are two. */
  sendTimeoutMs: ms(800),
  /** The spill or claim-check `PutObject`. */
  putTimeoutMs: ms(800),
  /** Most raw bytes that fit a 1 MiB message as base64 in the envelope. */
  inlineLimitBytes: 785_532,
  /** Larger bodies get 413 before anything is hashed. Lambda takes 6 MB per request, JSON-escaped. */
  maxBodyBytes: 4_194_304,
  /** What `Retry-After` says with a 503, seconds. */
  retryAfterSeconds: 30,
} as const

/** Allowed distance between a signed timestamp and now, both ways. */
export const signatureTolerance = seconds(300)

/** Secrets are revalidated in the background this often and served stale when that fails. */
export const secretRefresh = minutes(5)

/** Certificates and key sets that senders publish. */
export const senderSite = {
  /** One request, body included; it is part of the ingest budget. */
  timeoutMs: ms(1_000),
  maxBytes: 65_536,
  /** Over all addresses and per instance: what strangers name must not become a flood. */
  requestsPerMinute: 30,
  keepDocuments: 32,
  keepMs: hours(6),
  /** Asking a sender for its own words, a token for that included. */
  postbackMs: ms(1_500),
  /** A document that did not have the right key is asked for again no sooner than this. */
  cooldownMs: minutes(1),
} as const

/** Data keys of tenants in memory. */
export const vault = {
  keyLifetimeMs: minutes(5),
  keyUses: 1_000,
  keyTenants: 1_000,
} as const

/** Tokens and their refreshing. */
export const oauth = {
  /** One POST to a token endpoint, answer included; well below {@link leaseMs}. */
  requestMs: seconds(10),
  maxAnswerBytes: 65_536,
  /** Asking whose tokens a refresh has brought: the lease holds for it, the request and the saving. */
  checkMs: seconds(3),
  /** A refresh holds its connection this long: the request, and the time to save what came of it. */
  leaseMs: seconds(30),
  /** What is left of the lease for saving. */
  saveMs: seconds(15),
  /** Share of the lifetime after which a token is refreshed, and how much sooner at most. */
  refreshAt: 0.8,
  refreshJitter: 0.1,
  /** A token that runs out sooner than this is not given out. */
  marginMs: seconds(5),
  /** How long a caller waits for another's refresh. */
  waitMs: seconds(12),
  /** Between two looks while waiting, at first and at most. */
  pollMs: { base: ms(50), cap: ms(1_000) },
  /** After a failed refresh the next one waits at least this long, and at most. */
  retry: { baseMs: seconds(5), capMs: minutes(10) },
  /** How long a connect link may wait to be opened, and a browser to come back from the provider. */
  linkMs: minutes(30),
  stateMs: minutes(10),
  /** A token or a key is read again after this long, so that one that was replaced or deleted is used no longer than that. */
  keepMs: minutes(5),
  /** A browser that came back this long ago, and of which nothing is known since, met a function that died. */
  finishMs: minutes(1),
  /** Metadata of a provider: kept in memory, asked for anew after this; a failure is not repeated sooner than the second. */
  metadataMs: hours(1),
  metadataCooldownMs: minutes(1),
  /** Tokens in memory, over all connections; and keys. */
  keepTokens: 1_000,
} as const

/** Calls to providers. */
export const outbound = {
  /** A whole call, its body and its retries included, where the caller does not say. */
  readMs: seconds(5),
  writeMs: seconds(10),
  attempts: 3,
  /** Between two attempts of one call. */
  retry: { baseMs: ms(200), capMs: seconds(10) },
  /** Retries that a host gets from one process: a tenth of its requests, and a few more. */
  budget: { ratio: 0.1, minPerWindow: 10, windowMs: minutes(10) },
  /** Counted after inflating. */
  maxBodyBytes: 10_485_760,
  /** Good answers in memory that may stand in for later ones, and the longest of them. */
  keepAnswers: 200,
  keepAnswerBytes: 262_144,
} as const

/** The proxy: calls from outside by a connection. */
export const proxy = {
  /** From the first byte read to the answer, a refresh of the token included. */
  budgetMs: seconds(27),
  /** The most that a caller may ask for. */
  mostTimeoutMs: seconds(25),
  /** What a caller may bring, and what the provider may answer. Lambda takes 6 MB either way, as base64 or escaped. */
  maxBodyBytes: 5_000_000,
  maxAnswerBytes: 4_500_000,
  /** Longest idempotency key of a caller. */
  maxKeyCharacters: 255,
  /** The oldest answer that may stand in for a new one. */
  mostAgeMs: hours(24),
} as const

/** Reading providers' lists and feeds. */
export const polling = {
  /** One start of the poller; a lease outlives it by the margin. */
  timeoutMs: minutes(2),
  leaseMarginMs: seconds(5),
  /** A page is asked for and queued while there is more time left than this; else the run is handed over. */
  pageFloorMs: seconds(20),
  /** A job that waits longer is overtaken by the turns that come. */
  jobRetentionMs: days(1),
  /** Tries of one job. */
  jobReceives: 5,
  /** Messages that one start of the poller takes: a job is a batch already. */
  jobsPerStart: 1,
  /** What is left for queueing and saving when reading has to stop. */
  saveMs: seconds(5),
  /** Most pages of one slice, so that one long list does not keep the others of its job waiting for ever. */
  slicePages: 100,
  /** Polls of one start in work at the same time. */
  concurrency: 25,
  /** A watermark is never set further than this above our own clock. */
  skewMs: minutes(5),
  /** A new poll begins this much before it was made, at most: what was changed while nobody looked. */
  lookBackMs: days(1),
  /** A row of a phase that leads to no poll is taken away when it is older than this: the poll may be in the making. */
  strayRowMs: minutes(10),
  /** After a run that failed the next one waits at least this long, and at most. */
  retry: { baseMs: minutes(1), capMs: minutes(15) },
  /** The longest that a provider's own word makes a poll wait. */
  maxWaitMs: days(1),
  /** Minutes that were missed and are looked at in one tick: all phases there are. */
  maxMissedMinutes: 1_440,
  /** Phases that are read at the same time. */
  tickConcurrency: 10,
  /** Jobs of one tick are handed out over this long. */
  staggerMs: seconds(45),
  cursorBytes: 8_192,
  /** A webhook that comes this much later than the poll that found its event first is not missed. */
  graceMs: minutes(10),
  /** What no webhook brought is counted for so many past minutes at once, at most. */
  judgedMinutes: 120,
  /** How long the ledger of missed webhooks remembers. */
  missedRetentionMs: days(30),
  /** A watermark that has not come to the end of its list for four intervals, and at least this, stands still. */
  stillMs: hours(1),
  /** Changes that leave a watermark where it is are odd where that is longer ago than this. */
  unmovedMs: days(1),
  /** Hashes of events that are kept, so that an overlap is not queued again. */
  recent: 128,
  enqueue: { attempts: 4, retry: { baseMs: ms(100), capMs: seconds(2) } },
} as const

/** Tokens of people, signed by an issuer that the config names. */
export const oidc = {
  /** How far the issuer's clock may be from ours. */
  clockTolerance: seconds(30),
  /** API Gateway takes no longer headers. */
  maxTokenBytes: 10_240,
  /** Tenants of one token; what it names beyond is not seen. */
  mostTenants: 100,
  /** Metadata and keys together, answers included. */
  requestMs: seconds(3),
  maxAnswerBytes: 65_536,
  /** The issuer's keys are read again after this time, and served stale for at most that when it fails. */
  keepMs: hours(1),
  staleMs: hours(24),
  /** Between two looks for a key that is not known; without any key at all, sooner. */
  cooldownMs: seconds(30),
  retryMs: seconds(5),
} as const

export const worker = {
  timeoutMs: seconds(30),
  batchSize: 10,
  /** Records of one batch in work at the same time. */
  concurrency: 10,
  /** A record is not started with less time than this left. */
  startFloorMs: seconds(3),
  /** The handler's deadline is this much before Lambda's. */
  handlerMarginMs: seconds(1),
  /** A handler is not started with less time than this before its deadline: the claim took the rest. */
  handlerFloorMs: seconds(1),
  /** One try to give an element of a batch a message of its own. */
  handOverTimeoutMs: ms(800),
  /** A lease outlives the invocation by this much, to cover skewed clocks. */
  leaseMarginMs: seconds(2),
} as const

export const retry = {
  /** Handler starts per event, crashes included. */
  maxAttempts: 8,
  baseMs: seconds(2),
  capMs: minutes(15),
  /** The same where someone said how long to wait. */
  askedCapMs: minutes(2),
} as const

export const queue = {
  /** A day less than the dead-letter queues: SQS counts a message's age from its first queue, also after it has moved. */
  retentionMs: days(13),
  deadLetterRetentionMs: days(14),
  /** Only a backstop against crashes: the application decides when an event is dead. */
  maxReceiveCount: 1_000,
  /** SQS delays a new message at most this long. */
  maxDelayMs: minutes(15),
  /** SQS hides a message at most this long. */
  maxVisibilityMs: hours(12),
} as const

/** How long the sweeper hides a message of a dead-letter queue from the next sweep. */
export const deadLetterVisibility = seconds(60)

/** Worker timeout x 6: the AWS recommendation, and room for the batch window. */
export const queueVisibility = seconds(180)

export const ledger = {
  /** Done and dead events are kept this long: longer than any provider's retries and the dead-letter queue. */
  retentionMs: days(30),
  /** Envelopes up to this size are kept as they are: compressing them would save no write unit. */
  plainEnvelopeBytes: 1_500,
  /** Compressed envelopes up to this size live in the ledger item; larger ones go to the bucket. One write unit is 1 KB, an S3 PUT costs about eight. */
  inlineEnvelopeBytes: 8_192,
} as const

/** A compressed body may inflate to this much in the worker. */
export const maxInflatedBytes = 33_554_432

/** Bodies, spill and archive: longer than queue retention plus the redrive window. */
export const bucketLifetime = days(45)

export const logRetentionDays = 30
/** Spilled envelopes are put back on the queue this often. */
export const sweepPeriod = minutes(1)
/** Spilled envelopes, or dead letters, in work at the same time. */
export const sweepConcurrency = 10
/** AWS calls: connect, then the whole request. */
export const awsTimeouts = { connectMs: ms(300), requestMs: ms(2_000) } as const
