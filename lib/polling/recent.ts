import { polling } from '../config/defaults.ts'
import { hashTuple } from '../primitives/bytes.ts'
import type { PolledItem } from './listing.ts'

/** Characters of one hash: 48 bits. Two events of one stream that share it are as likely as a damaged disk. */
const width = 8

/** The key and the content: another content under the same key is for the claims to judge. */
const hashOf = ({ changeKey, deliveryKey, bytes }: PolledItem): string =>
  hashTuple(changeKey ?? deliveryKey, bytes)
    .toString('base64url')
    .slice(0, width)

const hashesIn = (recent: string | undefined): Set<string> => new Set(recent?.match(/.{8}/g))

/** The events that were not queued a short while ago, each once. */
export function unlessRecent(
  events: readonly PolledItem[],
  recent: string | undefined,
): readonly PolledItem[] {
  const known = hashesIn(recent)
  return events.filter((event) => known.size !== known.add(hashOf(event)).size)
}

/** The same list with these events at its end; the oldest are forgotten. */
export function rememberRecent(
  events: readonly PolledItem[],
  recent: string | undefined,
): string | undefined {
  const known = hashesIn(recent)
  const before = known.size
  for (const event of events) known.add(hashOf(event))
  if (known.size === before) return recent
  return [...known].slice(-polling.recent).join('')
}
