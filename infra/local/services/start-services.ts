import { join } from 'node:path'
import type { SandboxOptions, SandboxServer } from '../sandbox/sandbox.ts'
import { serveAwsJson, type Target } from './aws-json.ts'
import { cloudwatch } from './cloudwatch.ts'
import { openDynalite } from './dynalite.ts'
import { dynamodb } from './dynamodb.ts'
import { eventBridge, publishedEvents, type BusEvent } from './event-bridge.ts'
import { startQueuesAndObjects } from './fauxqs.ts'
import { kms } from './kms.ts'
import { metricStore } from './metric-store.ts'
import { secretsManager } from './secrets-manager.ts'
import { openState } from './state.ts'
import { sweepExpired } from './ttl-sweep.ts'

/** Where each service answers, loopback only. */
export interface ServiceEndpoints {
  readonly sqs: string
  readonly s3: string
  readonly dynamodb: string
  readonly secretsmanager: string
  readonly events: string
  readonly kms: string
  readonly cloudwatch: string
}

export interface Services {
  readonly endpoints: ServiceEndpoints
  startSandbox(options: SandboxOptions): Promise<SandboxServer>
  /** The last events on the bus, oldest first; also `GET {endpoints.events}/published`. */
  published(): readonly BusEvent[]
  /** Takes a line that a function wrote, for the metrics in it. */
  note(line: string): void
  /** Deletes what DynamoDB's TTL would have deleted by now; answers how many items. */
  sweep(nowSeconds: number): Promise<number>
  close(): Promise<void>
}

/**
 * Every AWS service of the local stack. With `dataDir`, a folder that exists, each answered change is on disk and survives `kill -9`;
 * without, all is in memory. One process at a time may use a `dataDir`.
 */
export async function startServices(dataDir?: string): Promise<Services> {
  const state = openState(dataDir && join(dataDir, 'state.db'))
  const engine = openDynalite(dataDir && join(dataDir, 'dynamodb'))
  const tables = dynamodb(engine, state)
  const queues = await startQueuesAndObjects(dataDir && join(dataDir, 'queues-and-objects'))
  const metrics = metricStore()
  const targets: Readonly<Record<string, Target>> = {
    DynamoDB_20120810: tables,
    secretsmanager: secretsManager(state),
    AWSEvents: eventBridge(state),
    TrentService: kms(state),
    GraniteServiceVersion20100801: cloudwatch(metrics),
  }
  let sandbox: SandboxServer | undefined
  const own = await serveAwsJson(targets, { '/published': () => publishedEvents(state) })

  return {
    endpoints: {
      sqs: queues.url,
      s3: queues.url,
      dynamodb: own.url,
      secretsmanager: own.url,
      events: own.url,
      kms: own.url,
      cloudwatch: own.url,
    },
    startSandbox: async (options) => {
      // Loaded by whoever runs a whole stack: tests of single services do without.
      const { startSandbox } = await import('../sandbox/sandbox.ts')
      sandbox = await startSandbox(state, options)
      return sandbox
    },
    published: () => publishedEvents(state),
    note: (line) => metrics.note(line),
    sweep: (nowSeconds) => sweepExpired(tables, state, nowSeconds),
    async close() {
      await Promise.all([own.close(), queues.close(), sandbox?.close()])
      await engine.close()
      state.close()
    },
  }
}
