import { randomUUID } from 'node:crypto'
import { operations, ServiceFault, text, type Json, type Target } from './aws-json.ts'
import { accountId, region } from './place.ts'
import type { State } from './state.ts'

const buses = 'bus'
const published = 'published'
/** Events that can be looked at afterwards; older ones are forgotten. */
const keptEvents = 1_000
const maxEntries = 10
const maxEntryBytes = 1_048_576

/** One published event, as a rule would see it. */
export interface BusEvent {
  readonly id: string
  readonly time: string
  readonly bus: string
  readonly source: string
  readonly 'detail-type': string
  readonly resources: readonly string[]
  readonly detail: unknown
}

/** EventBridge without rules: it takes what a bus of the template would take and keeps the last 1,000 events. */
export function eventBridge(state: State): Target {
  return operations('EventBridge', {
    CreateEventBus(input) {
      const name = text(input, 'Name')
      if (state.get(buses, name))
        throw new ServiceFault('ResourceAlreadyExistsException', `Event bus ${name} already exists.`)
      state.put(buses, name, true)
      return { EventBusArn: arnOf(name) }
    },
    DescribeEventBus(input) {
      const name = nameOf(input['Name'])
      if (!exists(state, name))
        throw new ServiceFault('ResourceNotFoundException', `Event bus ${name} does not exist.`)
      return { Name: name, Arn: arnOf(name) }
    },
    PutEvents(input) {
      const entries = input['Entries']
      if (!Array.isArray(entries) || entries.length === 0 || entries.length > maxEntries)
        throw new ServiceFault('ValidationException', `Entries must have 1 to ${maxEntries} members`)
      const results = (entries as Json[]).map((entry) => toEvent(entry, state))
      const events = results.filter((result) => 'bus' in result)
      state.append(published, events, keptEvents)
      return {
        FailedEntryCount: results.length - events.length,
        Entries: results.map((result) => ('bus' in result ? { EventId: result.id } : result)),
      }
    },
  })
}

/** The last events that were published, oldest first. */
export const publishedEvents = (state: State): readonly BusEvent[] => state.log(published) as BusEvent[]

const arnOf = (name: string): string => `arn:aws:events:${region}:${accountId}:event-bus/${name}`
const nameOf = (id: unknown): string =>
  typeof id === 'string' && id ? (id.split('/').at(-1) ?? id) : 'default'
const exists = (state: State, name: string): boolean => name === 'default' || state.get(buses, name) === true

interface Refusal {
  readonly ErrorCode: string
  readonly ErrorMessage: string
}

const refuse = (ErrorMessage: string): Refusal => ({ ErrorCode: 'InvalidArgument', ErrorMessage })

/** A bus that does not exist is refused: in AWS the event would vanish without a word, which helps nobody here. */
function toEvent(entry: Json, state: State): BusEvent | Refusal {
  const bus = nameOf(entry['EventBusName'])
  if (Buffer.byteLength(JSON.stringify(entry)) > maxEntryBytes)
    return refuse('Total size of the entry is too large.')
  for (const name of ['Source', 'DetailType', 'Detail'])
    if (typeof entry[name] !== 'string' || entry[name] === '')
      return refuse(`Parameter ${name} is not valid. Reason: ${name} is a required argument.`)
  if (!exists(state, bus)) return refuse(`Event bus ${bus} does not exist.`)
  const detail = parsed(String(entry['Detail']))
  if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  return {
    id: randomUUID(),
    time: new Date().toISOString(),
    bus,
    source: String(entry['Source']),
    'detail-type': String(entry['DetailType']),
    resources: Array.isArray(entry['Resources']) ? (entry['Resources'] as string[]) : [],
    detail,
  }
}

function parsed(detail: string): unknown {
  try {
    const value: unknown = JSON.parse(detail)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
