/**
 * fauxqs 2.4.1, made to do as AWS does. Each repair has its case in `test/contract` or `test/e2e`, which fails without it.
 */

export interface Persistence {
  readonly db: { exec(sql: string): void; prepare(sql: string): { run(...values: unknown[]): unknown } }
  load(queues: QueueStore, topics: unknown, objects: unknown): void
  updateMessageReady: (messageId: string) => unknown
  transaction(work: () => void): void
  close(): void
}
export interface Queue {
  persistence?: Persistence
  dequeue: (...input: unknown[]) => unknown
}
export interface QueueStore {
  persistence?: Persistence
  region: string
  allQueues(): Iterable<Queue>
  createQueue: (...input: unknown[]) => Queue
}
interface Listing {
  readonly objects: readonly { readonly key: string }[]
  readonly commonPrefixes: readonly string[]
  readonly isTruncated: boolean
}
interface ListOptions {
  readonly prefix?: string
  readonly delimiter?: string
  readonly maxKeys?: number
  readonly startAfter?: string
  readonly marker?: string
}
export interface ObjectStore {
  persistence?: Persistence
  listObjects: (bucket: string, options?: ListOptions) => Listing
}

/**
 * - A message made visible again lost its receive count to a NULL that the table refuses: the call failed, and the
 *   message was gone until the next start. The count stays.
 * - Each message waited for the disk to turn: 2 ms, in which nothing else ran. A commit that the system has survives the
 *   death of this process; a power cut may take the last ones.
 * - Whoever held a message died with the last process: nobody waits for a receipt, so all are visible again.
 */
export function repairPersistence(persistence: Persistence): void {
  const release = 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL'
  const releaseOne = persistence.db.prepare(`${release} WHERE message_id = ?`)
  persistence.updateMessageReady = (messageId) => releaseOne.run(messageId)
  persistence.db.prepare(release).run()
  persistence.db.exec('PRAGMA synchronous = NORMAL')
}

/**
 * A receive that moves a message to its dead-letter queue deletes it here and inserts it there: in one transaction, or a
 * kill between the two loses it.
 */
export function keepQueue(queue: Queue, persistence: Persistence): Queue {
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

/** Characters beyond U+FFFF are good in a message; they were refused. */
export function repairCharacters(pattern: RegExp): void {
  const good = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u
  pattern.test = (body) => !good.test(body)
}

/** Objects were listed in the order of a language but paged in that of bytes, so pages left some out. */
export function repairListing(store: ObjectStore): void {
  const list = store.listObjects.bind(store)
  store.listObjects = (bucket, options = {}) => {
    const { prefix = '', delimiter, maxKeys = 1_000, startAfter, marker = '' } = options
    if (delimiter) return list(bucket, options)
    const after = startAfter ?? marker
    const objects = list(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY })
      .objects.filter(({ key }) => key > after)
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    return { objects: objects.slice(0, maxKeys), commonPrefixes: [], isTruncated: objects.length > maxKeys }
  }
}
