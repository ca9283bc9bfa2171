import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { byConnection, controlKeys, pollKey } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { EpochMs } from '../primitives/clock.ts'
import { phaseOf, phaseText } from './phases.ts'
import type { NewPoll, Poll, PollChange, PollId } from './poll-state.ts'

export type Item = Readonly<Record<string, AttributeValue>>
export type Values = Record<string, AttributeValue>

export const text = (value: string): AttributeValue => ({ S: value })
export const number = (value: number): AttributeValue => ({ N: String(value) })

export const keyOf = ({ connection, stream }: PollId) => ({
  [controlKeys.partition]: text(pollKey(connection)),
  [controlKeys.sort]: text(stream),
})

/** Where it is among all polls. Connections have no `#` in their ids, tenants and streams neither. */
const placeOf = ({ tenant, connection, stream }: NewPoll): string => `${tenant}#${connection}#${stream}`

/** How each field that a run changes is written. */
const codecs = {
  state: 'text',
  cause: 'text',
  failure: 'text',
  recent: 'text',
  phase: 'phase',
  watermark: 'json',
  cursor: 'json',
  place: 'json',
  begunAt: 'number',
  etag: 'text',
  lastModified: 'text',
  askedIntervalMs: 'number',
  gap: 'json',
  completeAt: 'number',
  lastChangeAt: 'number',
  nextAt: 'number',
  failures: 'number',
  streak: 'number',
  missedAt: 'number',
} as const
type Field = keyof typeof codecs

/** The index of connections has its own `place`. */
const attributeOf = (field: string): string => (field === 'place' ? 'page' : field)

function encoded(field: Field, value: unknown): AttributeValue {
  const codec = codecs[field]
  if (codec === 'number') return number(value as number)
  if (codec === 'text') return text(value as string)
  return text(codec === 'phase' ? phaseText(value as Poll['phase']) : JSON.stringify(value))
}

export interface Update {
  readonly set: string
  readonly add: string
  readonly remove: string
  readonly names: Record<string, string>
  readonly values: Values
}

/** The clauses of an update that changes these fields; each name stands for itself, as many are reserved words. */
export function updateOf(change: Omit<PollChange, 'state'> & { readonly state?: Poll['state'] }): Update {
  const { found = 0, missed = 0, ...fields } = change
  const entries = Object.entries(fields) as [Field, unknown][]
  const set = entries.filter(([, value]) => value !== undefined)
  const added = Object.entries({ found, missed }).filter(([, value]) => value > 0)
  return {
    set: set.map(([name]) => `, #${name} = :${name}`).join(''),
    add: added.map(([name]) => `, #${name} :${name}`).join(''),
    remove: entries.flatMap(([name, value]) => (value === undefined ? [`#${name}`] : [])).join(', '),
    names: Object.fromEntries([...entries, ...added].map(([name]) => [`#${name}`, attributeOf(name)])),
    values: Object.fromEntries([
      ...set.map(([name, value]) => [`:${name}`, encoded(name, value)] as const),
      ...added.map(([name, value]) => [`:${name}`, number(value)] as const),
    ]),
  }
}

/** The attributes of a poll that has never run. */
export const newItem = (poll: NewPoll): Values => ({
  v: number(1),
  id: text(`${poll.connection}#${poll.stream}`),
  tenant: text(poll.tenant),
  provider: text(poll.provider),
  endpoint: text(poll.endpoint),
  state: text('active'),
  phase: text(phaseText(poll.phase)),
  ...(poll.watermark && { watermark: text(JSON.stringify(poll.watermark)) }),
  version: number(0),
  fence: number(0),
  owner: text(''),
  leaseUntil: number(0),
  createdAt: number(poll.createdAt),
  lastRunAt: number(0),
  failures: number(0),
  streak: number(0),
  [byConnection.partition]: text('polls'),
  [byConnection.sort]: text(placeOf(poll)),
})

/** @throws SluiceError `RECORD_CORRUPT` when it is not one of ours. */
export function toPoll(item: Item): Poll {
  const said = (name: string): string => item[name]?.S ?? ''
  const phase = phaseOf(said('phase'))
  const connection = said(controlKeys.partition).slice(pollKey('').length)
  if (item['v']?.N !== '1' || !phase || connection === '' || said('tenant') === '') throw corrupt()
  const count = (name: string): number => Number(item[name]?.N ?? 0)
  const optional = Object.entries(codecs).flatMap(([name, codec]) => {
    const value = item[attributeOf(name)]
    if (!value || name === 'phase') return []
    return [
      [name, codec === 'number' ? Number(value.N) : codec === 'json' ? parsed(value) : value.S] as const,
    ]
  })
  return {
    connection,
    stream: said(controlKeys.sort),
    tenant: said('tenant'),
    provider: said('provider'),
    endpoint: said('endpoint'),
    state: 'active',
    failures: 0,
    streak: 0,
    ...Object.fromEntries(optional),
    phase,
    version: count('version'),
    fence: count('fence'),
    ...(said('owner') !== '' && { owner: said('owner') }),
    leaseUntil: count('leaseUntil') as EpochMs,
    createdAt: count('createdAt') as EpochMs,
    lastRunAt: count('lastRunAt') as EpochMs,
    found: count('found'),
    missed: count('missed'),
  }
}

function parsed({ S = '' }: AttributeValue): unknown {
  try {
    return JSON.parse(S)
  } catch {
    throw corrupt()
  }
}

const corrupt = (): SluiceError => new SluiceError('RECORD_CORRUPT', 'a poll is not a record of version 1')
