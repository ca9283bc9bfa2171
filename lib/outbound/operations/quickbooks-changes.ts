import * as z from 'zod/mini'
import { elapsed, epochMs, iso, type EpochMs } from '../../primitives/clock.ts'
import { parseAs, type ApiClient } from '../api-client.ts'
import { asked, askOne, checked, withQuery, type AskOptions } from './asking.ts'
import { time } from './fields.ts'
import { entityName, queryAll } from './quickbooks.ts'

/** More of them are cut off in silence. @see https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture */
const mostObjects = 1_000
const thirtyDaysMs = 30 * 86_400_000
/** Windows are not halved below this. */
const shortestWindowMs = 60_000

const changesInput = z.strictObject({
  entities: z.array(entityName).check(z.minLength(1), z.maxLength(100)),
  /** At most 30 days ago: the time that an earlier reading ended with. */
  since: time,
})

export type ChangesInput = z.input<typeof changesInput>

const changedObject = z.looseObject({
  Id: z.string(),
  /** `Deleted`: then there is little more than the id. */
  status: z.optional(z.string()),
  MetaData: z.optional(z.looseObject({ LastUpdatedTime: z.optional(z.string()) })),
})

const answerForm = z.looseObject({
  CDCResponse: z.array(z.looseObject({ QueryResponse: z.array(z.looseObject({})) })),
  time,
})

export interface Change {
  readonly entity: string
  readonly id: string
  readonly deleted: boolean
  readonly object: z.output<typeof changedObject>
}

export interface Changes {
  /** Each thing once, as it is now. */
  readonly changes: readonly Change[]
  /** QuickBooks' own time of the first answer: where the next reading begins. */
  readonly readAt: string
  /** Kinds of which more changed than can be said: what was deleted of them between these times may be missing. */
  readonly deletesUnknown: readonly {
    readonly entity: string
    readonly since: string
    readonly until: string
  }[]
}

/**
 * What was created, changed and deleted since a time. One answer holds a thousand objects of all kinds together and cuts off
 * the rest, and a window has no end of its own. So kinds are asked for apart where there are too many; where one alone has too
 * many its window is shortened, and what changed before that is queried. A query does not tell of deletions: `deletesUnknown`
 * says where some may be missing.
 * @throws {RangeError} when `since` is more than 30 days ago: then only a full reading helps.
 * @see https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/changedatacapture
 */
export async function readChanges(
  client: ApiClient,
  input: ChangesInput,
  options: AskOptions = {},
): Promise<Changes> {
  const { entities, since } = checked('quickbooks readChanges', changesInput, input)
  const from = epochMs(Date.parse(since))
  if (elapsed(from, client.clock.now()) > thirtyDaysMs)
    throw new RangeError('quickbooks readChanges: QuickBooks keeps changes for 30 days')
  const reading: Reading = { client, options, found: new Map(), deletesUnknown: [], readAt: undefined }
  await readWindow(reading, [...new Set(entities)], from)
  const { found, deletesUnknown, readAt = since } = reading
  return { changes: [...found.values()], deletesUnknown, readAt }
}

interface Reading {
  readonly client: ApiClient
  readonly options: AskOptions
  readonly found: Map<string, Change>
  readonly deletesUnknown: { entity: string; since: string; until: string }[]
  readAt: string | undefined
}

async function readWindow(reading: Reading, entities: readonly string[], since: EpochMs): Promise<void> {
  if ((await readOnce(reading, entities, since)) < mostObjects) return
  const [only = ''] = entities
  if (entities.length === 1) return readLong(reading, only, since)
  const half = Math.ceil(entities.length / 2)
  await readWindow(reading, entities.slice(0, half), since)
  await readWindow(reading, entities.slice(half), since)
}

/** Shortens one kind's window until all of it fits, then queries what lies before. */
async function readLong(reading: Reading, name: string, since: EpochMs): Promise<void> {
  const { client, options } = reading
  const now = client.clock.now()
  let until = since
  let count = mostObjects
  while (count >= mostObjects && elapsed(until, now) > shortestWindowMs) {
    until = epochMs(until + Math.floor(elapsed(until, now) / 2))
    count = await readOnce(reading, [name], until)
  }
  // A minute with a thousand changes is queried to its end too.
  const end = count < mostObjects ? until : now
  reading.deletesUnknown.push({ entity: name, since: iso(since), until: iso(end) })
  const updated = 'MetaData.LastUpdatedTime'
  const where: [string, '>=' | '<', string][] = [[updated, '>=', iso(since)]]
  if (end === until) where.push([updated, '<', iso(until)])
  for await (const object of queryAll(client, { entity: name, where }, options))
    note(reading, { entity: name, id: object.Id, deleted: false, object })
}

/** Asks once, and says how many objects came. */
async function readOnce(reading: Reading, entities: readonly string[], since: EpochMs): Promise<number> {
  const { client, options } = reading
  const path = withQuery('/cdc', { entities: entities.join(','), changedSince: iso(since) })
  const answer = await askOne(client, answerForm, path, asked(client, options, {}))
  reading.readAt ??= answer.time
  let count = 0
  for (const list of answer.CDCResponse.flatMap(({ QueryResponse }) => QueryResponse))
    for (const name of entities) {
      const objects = checkedObjects(list[name])
      count += objects.length
      for (const object of objects)
        note(reading, { entity: name, id: object.Id, deleted: object.status === 'Deleted', object })
    }
  return count
}

const checkedObjects = (list: unknown): z.output<typeof changedObject>[] =>
  parseAs(z.array(changedObject), list ?? [])

/** The newer of two tellings of one thing stays; a deletion always does. */
function note({ found }: Reading, change: Change): void {
  const key = `${change.entity}/${change.id}`
  const before = found.get(key)
  if (before?.deleted && !change.deleted) return
  found.set(key, change)
}
