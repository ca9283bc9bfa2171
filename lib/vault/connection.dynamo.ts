import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { byConnection, byRefresh, controlKeys, refreshShards } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { EpochMs } from '../primitives/clock.ts'
import type { Connection, TokenTimes } from './connection.ts'
import type { Write } from './connection-writer.dynamo.ts'
import type { NewConnection } from './vault.ts'

export type Item = Readonly<Record<string, AttributeValue>>

export const text = (value: string): AttributeValue => ({ S: value })
export const number = (value: number): AttributeValue => ({ N: String(value) })

export const connectionKey = (id: string) => ({
  [controlKeys.partition]: text(id),
  [controlKeys.sort]: text('connection'),
})

/** Thirteen digits reach the year 2286. */
export const instant = (at: EpochMs): string => String(at).padStart(13, '0')

/** Spread by the id, so that no partition of the index takes every refresh. */
export const refreshBucket = (id: string): string => `due#${id.charCodeAt(id.length - 1) % refreshShards}`

/** The attributes of a grant that its user has just given, or of a key that was just handed over. */
const itemOf = (
  connection: NewConnection & Pick<Connection, 'kind' | 'fingerprint'>,
): Record<string, AttributeValue> => ({
  id: text(connection.id),
  tenant: text(connection.tenant),
  provider: text(connection.provider),
  account: text(connection.account),
  st: text(connection.state),
  kind: text(connection.kind),
  ...(connection.fingerprint !== undefined && { fingerprint: text(connection.fingerprint) }),
  scopes: text(connection.scopes.join(' ')),
  connectedAt: number(connection.connectedAt),
  [byConnection.partition]: text('connections'),
  [byConnection.sort]: text(`${connection.tenant}#${connection.id}`),
  ...tokenItem(connection),
})

/** The attributes that change with new tokens; a connection without `refreshAt` is in no index of what is due. */
export const tokenItem = (
  facts: Pick<Connection, 'tokens' | 'obtainedAt' | 'scopes'> & TokenTimes,
): Record<string, AttributeValue> => ({
  tokens: { B: facts.tokens },
  obtainedAt: number(facts.obtainedAt),
  scopes: text(facts.scopes.join(' ')),
  ...(facts.expiresAt !== undefined && { expiresAt: number(facts.expiresAt) }),
  ...(facts.refreshExpiresAt !== undefined && { refreshExpiresAt: number(facts.refreshExpiresAt) }),
  ...(facts.hardExpiresAt !== undefined && { hardExpiresAt: number(facts.hardExpiresAt) }),
  ...(facts.refreshAt !== undefined && { [byRefresh.sort]: text(instant(facts.refreshAt)) }),
})

const states = new Set(['pending', 'active', 'needs_reauth', 'deleted'])

/**
 * Reads an item of version 1. What an older version wrote is brought up here (B130); there is none yet.
 * @throws SluiceError `RECORD_CORRUPT` when it is not one of ours.
 */
export function toConnection(item: Item): Connection {
  const said = (name: string): string => item[name]?.S ?? ''
  const at = (name: string): EpochMs | undefined =>
    item[name]?.N === undefined ? undefined : (Number(item[name].N) as EpochMs)
  const version = at('version')
  const isOurs =
    item['v']?.N === '1' &&
    states.has(said('st')) &&
    said('id') !== '' &&
    said('tenant') !== '' &&
    version !== undefined
  if (!isOurs) throw new SluiceError('RECORD_CORRUPT', 'a connection is not a record of version 1')
  const refreshAt = item[byRefresh.sort]?.S
  return {
    id: said('id'),
    tenant: said('tenant'),
    provider: said('provider'),
    account: said('account'),
    state: said('st') as Connection['state'],
    // Written since there are keys.
    kind: said('kind') === 'key' ? 'key' : 'oauth',
    ...(item['fingerprint'] && { fingerprint: said('fingerprint') }),
    scopes: said('scopes') === '' ? [] : said('scopes').split(' '),
    connectedAt: at('connectedAt') ?? (0 as EpochMs),
    obtainedAt: at('obtainedAt') ?? (0 as EpochMs),
    version,
    leaseUntil: at('leaseUntil') ?? (0 as EpochMs),
    failures: at('failures') ?? 0,
    tokens: item['tokens']?.B ?? new Uint8Array(),
    ...(item['cause'] && { cause: said('cause') as NonNullable<Connection['cause']> }),
    ...(item['owner'] && { owner: said('owner') }),
    ...(item['expiresAt'] && { expiresAt: at('expiresAt') as EpochMs }),
    ...(item['refreshExpiresAt'] && { refreshExpiresAt: at('refreshExpiresAt') as EpochMs }),
    ...(item['hardExpiresAt'] && { hardExpiresAt: at('hardExpiresAt') as EpochMs }),
    ...(refreshAt !== undefined && { refreshAt: Number(refreshAt) as EpochMs }),
  }
}

/** Attributes that an earlier grant may have left, and this one does not have. */
export const unsaid = (facts: TokenTimes): string =>
  [
    'cause',
    facts.expiresAt === undefined && 'expiresAt',
    facts.refreshExpiresAt === undefined && 'refreshExpiresAt',
    facts.hardExpiresAt === undefined && 'hardExpiresAt',
    facts.refreshAt === undefined && byRefresh.sort,
  ]
    .filter(Boolean)
    .join(', ')

/** The write, but for its condition, that puts a connection in the place of whatever stood under its id. */
export function placing(
  connection: NewConnection & Pick<Connection, 'kind' | 'fingerprint'>,
  owner: string,
): Omit<Write, 'condition'> {
  const set = Object.entries(itemOf(connection))
  const remove = [unsaid(connection), ...(connection.fingerprint === undefined ? ['fingerprint'] : [])]
  return {
    id: connection.id,
    update: `SET ${set.map(([name]) => `${name} = :${name}`).join(', ')}, refreshBucket = :bucket, v = :v, leaseUntil = :zero, failures = :zero, #owner = :me REMOVE ${remove.join(', ')} ADD version :one`,
    values: {
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
      ':bucket': text(refreshBucket(connection.id)),
      ':v': number(1),
      ':zero': number(0),
      ':one': number(1),
      ':me': text(owner),
    },
  }
}
