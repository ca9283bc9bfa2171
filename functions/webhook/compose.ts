import { rootCertificates } from 'node:tls'
import { s3 } from '#lib/aws/s3.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { sqsClient } from '#lib/aws/sqs.ts'
import { sqsBuffer } from '#lib/buffer/buffer.sqs.ts'
import { s3Objects } from '#lib/buffer/objects.s3.ts'
import { ingest as limits } from '#lib/config/defaults.ts'
import { optional, required } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import { appTokenLater } from '#lib/oauth/app-token-later.ts'
import { secretsManagerClients } from '#lib/oauth/clients.secretsmanager.ts'
import { iso, systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { jsonLog } from '#lib/telemetry/log.ts'
import { sampledLog } from '#lib/telemetry/sampled-log.ts'
import { writeLine } from '#lib/telemetry/stdout.ts'
import { fileDeclarations } from '#lib/webhooks/declarations.file.ts'
import { fileDirectory } from '#lib/webhooks/directory.file.ts'
import { httpsPostback } from '#lib/webhooks/postback.https.ts'
import { httpsSite } from '#lib/webhooks/sender-site.https.ts'
import type { IngestDeps } from '#lib/webhooks/ingest.ts'
import { secretsManagerSecrets } from '#lib/webhooks/secrets.secretsmanager.ts'
import { composeMetrics, type Counted } from '../common/compose-metrics.ts'

/** Node loads its `fetch` when it is first looked at, which most starts never do. */
const fetch: typeof globalThis.fetch = (input, init) => {
  const { fetch: send } = globalThis
  return send(input, init)
}

/** Everything the webhook function needs, from its environment and the directory beside its code. */
export function compose(): IngestDeps & Counted {
  const clock = systemClock
  const random = systemRandom
  const log = jsonLog(writeLine, () => iso(clock.now()))
  const directory = fileDirectory(new URL('directory.json', import.meta.url))
  const client = secretsManagerClient({ maxAttempts: 2 })
  const stage = required(env.stage)
  const clients = secretsManagerClients({
    client,
    stage,
    authOf: async (provider) => (await import('#lib/oauth/grant-of.ts')).appGrantOf(provider),
    fromEnvironment: optional,
    clock,
  })
  return {
    clock,
    random,
    log,
    refusals: sampledLog(log, clock, 1_000),
    metrics: composeMetrics(),
    directory,
    declaration: fileDeclarations(new URL('declarations.json', import.meta.url)),
    secrets: secretsManagerSecrets({
      client,
      stage,
      directory,
      fromEnvironment: optional,
      clock,
      random,
      log,
    }),
    site: httpsSite({ fetch, clock, log }),
    postback: httpsPostback({
      fetch,
      clock,
      log,
      accessToken: appTokenLater({ fetch, clock, random, clientOf: (provider) => clients.of(provider) }),
    }),
    roots: () => rootCertificates,
    // One attempt per call: ingest tries twice by its own budget.
    buffer: sqsBuffer({
      client: sqsClient({ maxAttempts: 1, requestTimeoutMs: limits.sendTimeoutMs }),
      queueUrl: required(env.eventsQueueUrl),
    }),
    objects: s3Objects({
      open: () => s3({ maxAttempts: 1, requestTimeoutMs: limits.putTimeoutMs }),
      bucket: required(env.bucket),
    }),
  }
}
