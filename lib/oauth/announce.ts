import { describeError } from '../errors/sluice-error.ts'
import { elapsed, type Clock } from '../primitives/clock.ts'
import type { Log } from '../telemetry/log.ts'
import type { Connection } from '../vault/connection.ts'

/** Something that the people behind a connection should know. */
export interface Announcement {
  readonly type: 'connection.needs_reauth' | 'connection.expires_soon'
  /** Equal for the same news, however often it is told. */
  readonly key: string
  readonly connection: Pick<Connection, 'id' | 'tenant' | 'provider' | 'account'>
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

export const announceReauth = (connection: Connection, cause: string, deps: AnnounceDeps): Promise<void> =>
  told(
    {
      type: 'connection.needs_reauth',
      key: `${connection.id}|${connection.version}`,
      connection,
      facts: { cause },
    },
    deps,
  )

/** Tells when the provider's own limit for the whole grant is 30, 7 and 1 days away; each of these once. */
export async function announceExpiry(connection: Connection, deps: AnnounceDeps): Promise<void> {
  const { id, hardExpiresAt } = connection
  if (hardExpiresAt === undefined) return
  const daysLeft = Math.ceil(elapsed(deps.clock.now(), hardExpiresAt) / dayMs)
  const notice = notices.find((days) => daysLeft <= days)
  if (notice === undefined) return
  const facts = { daysLeft, expiresAt: new Date(hardExpiresAt).toISOString() }
  await told(
    { type: 'connection.expires_soon', key: `${id}|${hardExpiresAt}|${notice}`, connection, facts },
    deps,
  )
}

/** The record of the connection says the same, so news that can not be told now is not worth failing for. */
async function told(announcement: Announcement, { announce, log }: AnnounceDeps): Promise<void> {
  try {
    await announce(announcement)
  } catch (error) {
    log('error', 'news of a connection could not be told', {
      connection: announcement.connection.id,
      type: announcement.type,
      error: describeError(error),
    })
  }
}
