import type { Child } from 'hono/jsx'
import type { PollItem } from '#lib/admin/schemas-polls.ts'
import type { ConnectionItem } from '#lib/admin/schemas.ts'
import type { Subscription } from '#lib/polling/keeper.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { ConnectionState, Evidence } from './connection-parts.tsx'
import { Fact } from './facts.tsx'
import { Confirm, PostForm } from './forms.tsx'
import { Ago, Mono, When } from './parts.tsx'
import { PollTable } from './poll-table.tsx'
import { SubscriptionTable } from './subscription-table.tsx'

/** A link that was just made; whoever has it can connect the account, once. */
export interface MadeLink {
  readonly url: string
  readonly expiresAt: string
}

export interface ConnectionPageProps {
  readonly connection: ConnectionItem
  readonly polls: readonly PollItem[]
  readonly subscriptions: readonly Subscription[]
  /** The provider has a way to connect accounts in a browser. */
  readonly canReconnect: boolean
  readonly link: MadeLink | undefined
  readonly notice: Child
  readonly now: EpochMs
}

/** One connection: where it stands and why, until when, what is read by it, and what can be done. */
export const ConnectionPage = (props: ConnectionPageProps) => {
  const { connection, polls, subscriptions, link, notice, now } = props
  return (
    <>
      <p class="crumbs">
        <a href="/console/connections">Connections</a>
      </p>
      {notice}
      {link && <NewLink link={link} now={now} />}
      <div class="head" data-live-id="head">
        <h1 class="break">
          <span class="dim">{connection.provider}</span> {connection.account}
        </h1>
        <ConnectionState status={connection.status} />
        <Actions {...props} />
      </div>
      <div data-live-id="connection">
        <div class={connection.status === 'needs_reauth' ? 'why dead' : 'why plain'}>
          <Evidence connection={connection} now={now} />
        </div>
        <Facts connection={connection} now={now} />
      </div>
      <section aria-labelledby="polls" data-live-id="polls">
        <h2 id="polls">Polls</h2>
        {polls.length > 0 ? (
          <PollTable items={polls} now={now} />
        ) : (
          <p class="calm dim">No stream of it is polled.</p>
        )}
      </section>
      <div data-live-id="subscriptions">
        {subscriptions.length > 0 && (
          <section aria-labelledby="subscriptions">
            <h2 id="subscriptions">Subscriptions</h2>
            <SubscriptionTable items={subscriptions} now={now} />
          </section>
        )}
      </div>
    </>
  )
}

const NewLink = ({ link, now }: { readonly link: MadeLink; readonly now: EpochMs }) => (
  <div class="link-made" role="status">
    <h2>A link to connect this account again</h2>
    <p>
      It works once, and ends <Ago at={link.expiresAt} now={now} />. Give it to the user of the account alone.
    </p>
    <code class="command">{link.url}</code>
    <p>
      <a class="button" href={link.url} rel="noreferrer">
        Connect here
      </a>
    </p>
  </div>
)

const Actions = ({ connection, canReconnect }: ConnectionPageProps) => {
  const { id, tenant, status, provider, account, kind } = connection
  const at = (action: string): string => `/console/connections/${id}/${action}`
  const fields = { tenant }
  return (
    <div class="actions">
      {status === 'pending' && (
        <PostForm action={at('activate')} fields={fields}>
          <button>Activate</button>
        </PostForm>
      )}
      {canReconnect && (
        <PostForm action={at('reconnect')} fields={fields}>
          <button class={status === 'needs_reauth' || status === 'deleted' ? undefined : 'quiet'}>
            Make a re-connect link
          </button>
        </PostForm>
      )}
      {status === 'active' && kind === 'oauth' && (
        <PostForm action={at('refresh')} fields={fields}>
          <button class="quiet">Refresh now</button>
        </PostForm>
      )}
      {status !== 'deleted' && (
        <Confirm
          id="delete"
          label="Delete"
          tone="danger"
          question={`Delete the connection to ${provider} ${account}?`}
          doIt="Delete it"
          action={at('delete')}
          fields={fields}
        >
          <p>
            Its polls stop, calls through it fail at once, and what the provider gave is given back to it.
            Only its user can connect it again.
          </p>
        </Confirm>
      )}
    </div>
  )
}

const Facts = ({ connection, now }: { readonly connection: ConnectionItem; readonly now: EpochMs }) => (
  <dl class="facts">
    <Fact name="Tenant">{connection.tenant}</Fact>
    <Fact name="Stands on">
      {connection.kind === 'key' ? `a key …${connection.fingerprint ?? ''}` : 'an OAuth grant'}
    </Fact>
    <Fact name="Id" wide>
      <Mono>{connection.id}</Mono>
    </Fact>
    <Fact name="Connected">
      <When at={connection.connectedAt} now={now} />
    </Fact>
    <Moment name="Access token ends" at={connection.expiresAt} now={now} />
    <Moment name="Next refresh" at={connection.refreshAt} now={now} />
    <Moment name="Refresh token ends" at={connection.refreshExpiresAt} now={now} />
    <Moment name="Whole grant ends" at={connection.hardExpiresAt} now={now} />
    <Fact name="Failed refreshes in a row">{connection.failures}</Fact>
    <Fact name="Scopes" wide>
      {connection.scopes.length > 0 ? (
        <Mono>{connection.scopes.join(' ')}</Mono>
      ) : (
        <span class="dim">none</span>
      )}
    </Fact>
  </dl>
)

interface MomentProps {
  readonly name: string
  readonly at: string | null
  readonly now: EpochMs
}

const Moment = ({ name, at, now }: MomentProps) =>
  at === null ? null : (
    <Fact name={name}>
      <When at={at} now={now} />
    </Fact>
  )

export const NoConnectionPage = () => (
  <>
    <p class="crumbs">
      <a href="/console/connections">Connections</a>
    </p>
    <div class="empty">
      <h1>There is no such connection</h1>
      <p>It is another tenant's, or never was.</p>
    </div>
  </>
)
