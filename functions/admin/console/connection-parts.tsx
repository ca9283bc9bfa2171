import type { ConnectionItem } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Ago } from './parts.tsx'

const hues = { active: 'done', pending: 'claimed', needs_reauth: 'dead', deleted: 'parked' } as const
const words = {
  active: 'active',
  pending: 'pending',
  needs_reauth: 'needs re-connecting',
  deleted: 'deleted',
} as const
const meanings = {
  active: 'it can be called',
  pending: 'connected by a shared link, and not yet activated',
  needs_reauth: 'only its user can mend it',
  deleted: 'disconnected',
} as const

export const ConnectionState = ({ status }: Pick<ConnectionItem, 'status'>) => (
  <span class={`status ${hues[status]}`} title={meanings[status]}>
    {words[status]}
  </span>
)

/** Why only its user can mend a connection. */
const causes = new Map<string | null, string>([
  ['revoked', 'The provider says that the grant is no longer good.'],
  [
    'ambiguous_refresh',
    'A worker died while it refreshed; after that the provider no longer took the old refresh token.',
  ],
  ['hard_expiry', "The provider's own limit for the whole grant is over."],
  ['no_refresh_token', 'There never was a refresh token, and the access token has run out.'],
  ['foreign_account', 'A refresh brought tokens of another account.'],
  ['installation_gone', 'The app was uninstalled from the account.'],
  ['installation_suspended', 'The owner of the account has suspended the app.'],
  ['seal_broken', 'What is stored of it does not open.'],
  ['key_rejected', 'The provider refused the key of a call.'],
])

interface EvidenceProps {
  readonly connection: ConnectionItem
  readonly now: EpochMs
}

/** What its state stands on. */
export const Evidence = ({ connection, now }: EvidenceProps) => {
  const { status, cause, failures, refreshAt, obtainedAt, kind } = connection
  if (status === 'needs_reauth')
    return (
      <span class="reason dead" title={cause ?? undefined}>
        {causes.get(cause) ?? cause ?? 'no cause was kept'}
      </span>
    )
  if (status === 'pending') return <span>It waits for whoever made the link to activate it.</span>
  if (status === 'deleted') return <span class="dim">Its tokens are given back and deleted.</span>
  return (
    <>
      {failures > 0 && (
        <span class="reason">
          {failures} {failures === 1 ? 'refresh has' : 'refreshes have'} failed in a row.
        </span>
      )}
      <span class="dim">
        {kind === 'key' ? 'Key kept ' : 'Tokens received '}
        <Ago at={obtainedAt} now={now} />
        {refreshAt !== null && (
          <>
            , next {kind === 'key' ? 'look at it' : 'refresh'} <Ago at={refreshAt} now={now} />
          </>
        )}
      </span>
    </>
  )
}

/** When the access ends if nobody does anything, or never. */
export const Expiry = ({ connection, now }: EvidenceProps) => {
  const { expiresAt, refreshExpiresAt, hardExpiresAt } = connection
  const ends = hardExpiresAt ?? refreshExpiresAt ?? (connection.refreshAt === null ? expiresAt : null)
  if (connection.status === 'deleted' || connection.status === 'needs_reauth')
    return <span class="dim">over</span>
  if (ends === null) return <span class="dim">never by itself</span>
  return <Ago at={ends} now={now} />
}
