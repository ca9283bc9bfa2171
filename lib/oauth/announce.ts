import { describeError } from '../errors/sluice-error.ts'
import { elapsed, later, type Clock, type EpochMs } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Connection } from '../vault/connection.ts'

/** Something that the people behind a connection should know. */
export interface Announcement {
  readonly type: 'connection.needs_reauth' | 'connection.expires_soon' | 'subscription.disabled'
  /** Equal for the same news, however often it is told. */
  readonly key: string
  readonly connection: Pick<Connection, 'id' | 'tenant' | 'provider'> & Partial<Pick<Connection, 'account'>>
  readonly facts: Readonly<Record<string, string | number>>
}

export type Announce = (announcement: Announcement) => Promise<void>

interface AnnounceDeps {
  readonly announce: Announce
  readonly clock: Clock
  readonly log: Log
}

/** How many days before the end of a grant its people are told. */
const notices = [1, 7, 30]
const dayMs = 86_400_000

/** When the people of a grant that ends are told next; at last, its end. */
export function nextNotice(now: EpochMs, hardExpiresAt: EpochMs): EpochMs {
  const times = [...notices.toReversed(), 0].map((before) => later(hardExpiresAt, -before * dayMs))
  return times.find((at) => at > now) ?? hardExpiresAt
}

export const announceReauth = (connection: Connection, cause: string, deps: AnnounceDeps): Promise<boolean> =>
  told(
    {
      type: 'connection.needs_reauth',
      key: `${connection.id}|${connection.version}`,
      connection,
      facts: { cause },
    },
    deps,
  )

/**
 * Tells when the provider's own limit for the whole grant, or for a key, is 30, 7 and 1 days away; each of these once.
 * `false`: there is something to tell, and it could not be told.
 */
export async function announceExpiry(connection: Connection, deps: AnnounceDeps): Promise<boolean> {
  const { id, hardExpiresAt } = connection
  if (hardExpiresAt === undefined) return true
  const daysLeft = Math.ceil(elapsed(deps.clock.now(), hardExpiresAt) / dayMs)
  const notice = notices.find((days) => daysLeft <= days)
  if (notice === undefined) return true
  const facts = { daysLeft, expiresAt: new Date(hardExpiresAt).toISOString() }
  return told(
    { type: 'connection.expires_soon', key: `${id}|${hardExpiresAt}|${notice}`, connection, facts },
    deps,
  )
}

/** The record of the connection says the same, so news that can not be told now is not worth failing for. */
async function told(announcement: Announcement, { announce, log }: AnnounceDeps): Promise<boolean> {
  try {
    await announce(announcement)
    return true
  } catch (error) {
    log('error', 'news of a connection could not be told', {
      connection: announcement.connection.id,
      type: announcement.type,
      error: describeError(error),
    })
    return false
  }
}
