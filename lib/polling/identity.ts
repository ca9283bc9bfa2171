import { identify, reader, type Readable } from '../facts/identity.ts'
import { accountOf } from '../facts/tenant.ts'
import { refused } from '../outbound/page-turn.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import type { PollKey, PollPart, PollTime, PollValue } from '../providers/poll-list.ts'
import type { PollEvent } from '../providers/polls.ts'
import type { Identification, KeySource, ValueSource } from '../providers/provider.ts'
import type { Stream } from './declared.ts'
import { timeOf, type ProviderTime } from './times.ts'
import type { PolledItem } from './listing.ts'

/** An item, or a part of one, as the page has it. */
export interface Found {
  readonly text: string
  readonly value: unknown
  /** What a part stands in. */
  readonly outer?: unknown
  /** What a part says of itself. */
  readonly part?: Pick<PollPart, 'type' | 'deliveryKey'>
}

/** A stream's event, with the words of {@link identify}: parameters are read where headers are. */
export interface Words {
  readonly event: PollEvent
  readonly identification: Identification
  readonly version: ValueSource | undefined
  readonly times: readonly PollTime[]
  readonly stream: Pick<Stream, 'text' | 'params'>
}

export function wordsOf(stream: Stream): Words {
  const { event, version, progress } = stream.declaration
  const from = progress.kind === 'time' ? progress.from : progress.kind === 'block' ? [progress.time] : []
  return {
    event,
    identification: {
      deliveryKey: event.deliveryKey.map(keySource),
      ...(event.changeKey && { changeKey: event.changeKey.map(keySource) }),
      eventType: event.eventType.map((sources) => sources.map(source)),
      externalId: (event.externalId ?? []).map(source),
    },
    version: version && source(version),
    times: event.eventTime ?? from,
    stream,
  }
}

const source = (value: PollValue): ValueSource => ('param' in value ? { header: value.param } : value)
const isSeveral = (key: PollKey): key is readonly PollValue[] => Array.isArray(key)
const keySource = (key: PollKey): KeySource => (isSeveral(key) ? key.map(source) : source(key))

const readableOf = ({ text, value, outer }: Found, { params }: Words['stream']): Readable => ({
  header: (name) => (Object.hasOwn(params, name) ? params[name] : undefined),
  bytes: Buffer.from(text, 'utf8'),
  body: { kind: 'json', value, outer },
})

/**
 * The parts of an envelope that an item says of itself. `nth` tells items apart that are alike and counted.
 * @throws SluiceError `ANSWER_REFUSED` for an item without any of the ids that it must have.
 */
export function itemOf(found: Found, words: Words, nth: (key: string) => number): PolledItem {
  const { event, identification, version, stream } = words
  const from = readableOf(found, stream)
  const ids = found.part?.deliveryKey.map(keySource) ?? identification.deliveryKey
  const identity = identify({ ...identification, deliveryKey: ids }, from)
  if (identity.deliveryKey.startsWith('sha256:') && ids.length > 0) throw refused('an item has no id')
  const read = reader(from)
  const occurredAt = timeIn(found, words.times, words)?.at
  const account = accountOf(identification, from.bytes, read)
  const versionText = version && read(version)
  const key = event.counted ? `${identity.deliveryKey}#${nth(identity.deliveryKey)}` : identity.deliveryKey
  return {
    bytes: from.bytes,
    deliveryKey: keyIn(key, words, found),
    ...(identity.changeKey !== undefined && { changeKey: keyIn(identity.changeKey, words, found) }),
    type: typeOf(found.part?.type ?? event.type, identity.type, event),
    ...(occurredAt !== undefined && { occurredAt }),
    ...(account !== undefined && { account }),
    ...(versionText !== undefined && { version: versionText.slice(0, 256) }),
  }
}

const maxKeyChars = 256

/** A stream's own keys never meet those of a webhook or of another stream. */
function keyIn(key: string, { event, stream }: Words, { part }: Found): string {
  if (event.keys === 'shared') return key
  const whole = [stream.text, ...(part ? [part.type] : []), key].join('|')
  return whole.length <= maxKeyChars ? whole : `sha256:${sha256Hex(whole)}`
}

const typeOf = (first: string | undefined, rest: string, { eventType }: PollEvent): string => {
  const said = eventType.length > 0 && rest !== 'unknown' ? rest : undefined
  return (
    [first, said]
      .filter((part) => part !== undefined)
      .join('.')
      .slice(0, 128) || 'unknown'
  )
}

/** The first of `times` that can be read as one, with its text; `undefined` for what says none. */
export function timeIn(
  found: Found,
  times: readonly PollTime[],
  { stream }: Pick<Words, 'stream'>,
): ProviderTime | undefined {
  const read = reader(readableOf({ ...found, text: '' }, stream))
  for (const { unit, ...value } of times) {
    const text = read(source(value))
    const at = timeOf(text, unit)
    if (text !== undefined && at !== undefined) return { text, at }
  }
  return undefined
}
