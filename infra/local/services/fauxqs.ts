import { buildApp } from 'fauxqs'
import type { Endpoint } from './aws-json.ts'
import { region } from './place.ts'

/**
 * fauxqs' own parts. Its `startFauxqs` listens on every interface of the machine, and its persistence has two faults
 * that lose messages, so it is put together here: see {@link repair}.
 */
interface Persistence {
  readonly db: { prepare(sql: string): Statement }
  load(queues: QueueStore, topics: unknown, objects: unknown): void
  updateMessageReady(messageId: string): void
  transaction(work: () => void): void
  close(): void
}
interface Statement {
  run(...values: unknown[]): unknown
}
interface Queue {
  persistence?: Persistence
  dequeue: (...input: unknown[]) => unknown
}
interface QueueStore {
  persistence?: Persistence
  region: string
  allQueues(): Iterable<Queue>
  createQueue: (...input: unknown[]) => Queue
}
interface ObjectStore {
  persistence?: Persistence
}
type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>

const part = async <T>(file: string): Promise<T> =>
  (await import(new URL(file, import.meta.resolve('fauxqs')).href)) as T

/** SQS and S3 on a free loopback port. With `dataDir` every change is on disk before its answer; else in memory. */
export async function startQueuesAndObjects(dataDir?: string): Promise<Endpoint> {
  const { SqsStore } = await part<{ SqsStore: new () => QueueStore }>('sqs/sqsStore.js')
  const { SnsStore } = await part<{ SnsStore: new () => object }>('sns/snsStore.js')
  const { S3Store } = await part<{ S3Store: new () => ObjectStore }>('s3/s3Store.js')
  const [queues, topics, objects] = [new SqsStore(), new SnsStore(), new S3Store()]
  queues.region = region
  const persistence = dataDir === undefined ? undefined : await openPersistence(dataDir)
  if (persistence) {
    persistence.load(queues, topics, objects)
    queues.persistence = persistence
    objects.persistence = persistence
    for (const queue of queues.allQueues()) keep(queue, persistence)
    const { createQueue } = queues
    queues.createQueue = (...input) => keep(createQueue.apply(queues, input), persistence)
  }
  const stores = { sqsStore: queues, snsStore: topics, s3Store: objects } as unknown as Stores
  const app = buildApp({ logger: false, defaultRegion: region, stores })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    async close() {
      // Long polls hold their connections open.
      app.server.closeAllConnections()
      await app.close()
      persistence?.close()
    },
  }
}

async function openPersistence(dataDir: string): Promise<Persistence> {
  const { PersistenceManager } = await part<{ PersistenceManager: new (dataDir: string) => Persistence }>(
    'persistence.js',
  )
  const persistence = new PersistenceManager(dataDir)
  repair(persistence)
  return persistence
}

/**
 * - A message made visible again lost its receive count to a NULL that the table refuses: the call failed, and the
 *   message was gone until the next start. The count stays.
 * - Whoever held a message died with the last process: nobody waits for a receipt, so all are visible again.
 */
function repair(persistence: Persistence): void {
  const release = 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL'
  const releaseOne = persistence.db.prepare(`${release} WHERE message_id = ?`)
  persistence.updateMessageReady = (messageId) => releaseOne.run(messageId)
  persistence.db.prepare(release).run()
}

/** A receive that moves a message to its dead-letter queue deletes and inserts it: in one transaction, or a kill between the two loses it. */
function keep(queue: Queue, persistence: Persistence): Queue {
  queue.persistence = persistence
  const { dequeue } = queue
  queue.dequeue = (...input) => {
    let messages: unknown
    persistence.transaction(() => {
      messages = dequeue.apply(queue, input)
    })
    return messages
  }
  return queue
}
