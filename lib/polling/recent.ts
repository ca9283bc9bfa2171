import { polling } from '../config/defaults.ts'
import { sha256 } from '../primitives/bytes.ts'
import type { PolledEvent } from './source.ts'

/** Characters of one hash: 48 bits. Two events of one stream that share it are as likely as a damaged disk. */
const width = 8

/** The id and the content: another content under the same id is for the claims to judge. */
const hashOf = ({ id, body }: PolledEvent): string =>
  sha256(Buffer.concat([Buffer.from(id), body]))
    .toString('base64url')
    .slice(0, width)

const hashesIn = (recent: string | undefined): Set<string> => new Set(recent?.match(/.{8}/g))

/** The events that were not queued a short while ago, each once. */
export function unlessRecent(
  events: readonly PolledEvent[],
  recent: string | undefined,
): readonly PolledEvent[] {
  const known = hashesIn(recent)
  return events.filter((event) => known.size !== known.add(hashOf(event)).size)
}

/** The same list with these events at its end; the oldest are forgotten. */
export function rememberRecent(
  events: readonly PolledEvent[],
  recent: string | undefined,
): string | undefined {
  const known = hashesIn(recent)
  const before = known.size
  for (const event of events) known.add(hashOf(event))
  if (known.size === before) return recent
  return [...known].slice(-polling.recent).join('')
}
