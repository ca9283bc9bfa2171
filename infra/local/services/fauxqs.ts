import { buildApp } from 'fauxqs'
import type { Endpoint } from './aws-json.ts'
import {
  keepQueue,
  repairCharacters,
  repairListing,
  repairPersistence,
  type ObjectStore,
  type Persistence,
  type QueueStore,
} from './fauxqs-repairs.ts'
import { region } from './place.ts'

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>

const part = async <T>(file: string): Promise<T> =>
  (await import(new URL(file, import.meta.resolve('fauxqs')).href)) as T

/**
 * SQS and S3 on a free loopback port. With `dataDir` every change is on disk before its answer; else in memory. fauxqs is
 * put together here of its own parts, because its own server listens on every interface of the machine.
 */
export async function startQueuesAndObjects(dataDir?: string): Promise<Endpoint> {
  const [queues, topics, objects] = await makeStores()
  const persistence = dataDir === undefined ? undefined : await openPersistence(dataDir)
  if (persistence) {
    persistence.load(queues, topics, objects)
    queues.persistence = persistence
    objects.persistence = persistence
    for (const queue of queues.allQueues()) keepQueue(queue, persistence)
    const createQueue = queues.createQueue.bind(queues)
    queues.createQueue = (...input) => keepQueue(createQueue(...input), persistence)
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

async function makeStores(): Promise<[QueueStore, object, ObjectStore]> {
  const { SqsStore } = await part<{ SqsStore: new () => QueueStore }>('sqs/sqsStore.js')
  const { SnsStore } = await part<{ SnsStore: new () => object }>('sns/snsStore.js')
  const { S3Store } = await part<{ S3Store: new () => ObjectStore }>('s3/s3Store.js')
  const { INVALID_MESSAGE_BODY_CHAR } = await part<{ INVALID_MESSAGE_BODY_CHAR: RegExp }>('sqs/sqsTypes.js')
  const [queues, objects] = [new SqsStore(), new S3Store()]
  queues.region = region
  repairCharacters(INVALID_MESSAGE_BODY_CHAR)
  repairListing(objects)
  return [queues, new SnsStore(), objects]
}

async function openPersistence(dataDir: string): Promise<Persistence> {
  const { PersistenceManager } = await part<{ PersistenceManager: new (dataDir: string) => Persistence }>(
    'persistence.js',
  )
  const persistence = new PersistenceManager(dataDir)
  repairPersistence(persistence)
  return persistence
}
