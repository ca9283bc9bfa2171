import { statuses, type EventItem } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Field } from './forms.tsx'
import { Ago, Mono, Select, Status } from './parts.tsx'
import { Cell, Table } from './table.tsx'

/** What the list is narrowed to, as it stands in the address. */
export interface EventFilter {
  readonly provider?: string | undefined
  readonly status?: string | undefined
  readonly tenant?: string | undefined
  readonly type?: string | undefined
  readonly within: string
  /** Of the field for date and time: `2026-11-21T08:00`, in UTC. They go before `within`. */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export interface EventsPageProps {
  readonly items: readonly EventItem[]
  readonly filter: EventFilter
  /** Address of the page with older events. */
  readonly older: string | undefined
  /** Whether this is not the first page. */
  readonly isLater: boolean
  readonly providers: readonly string[]
  readonly addresses: readonly string[]
  readonly now: EpochMs
}

const windows = [
  ['1h', 'last hour'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
  ['30d', 'last 30 days'],
] as const

/** The list of events, which takes in what comes. */
export const EventsPage = ({ items, filter, older, isLater, providers, addresses, now }: EventsPageProps) => (
  <>
    <div class="head">
      <h1>Events</h1>
      {isLater ? (
        <a href="/console/events">Newest</a>
      ) : (
        <button id="live" class="live quiet" type="button" hidden>
          Live
        </button>
      )}
    </div>
    <Filters filter={filter} providers={providers} />
    <div id="list">
      {items.length > 0 ? (
        <EventTable items={items} now={now} />
      ) : (
        <Empty narrowed={isNarrowed(filter) || isLater} addresses={addresses} />
      )}
    </div>
    <p id="pages">{older && <a href={older}>Older events</a>}</p>
  </>
)

const isNarrowed = ({ provider, status, tenant, type, since, until }: EventFilter): boolean =>
  Boolean(provider || status || tenant || type || since || until)

const Filters = ({ filter, providers }: Pick<EventsPageProps, 'filter' | 'providers'>) => (
  <form
    class="filters"
    method="get"
    action="/console/events"
    role="search"
    aria-label="Events"
    data-submit-on-change
  >
    <Select
      name="provider"
      label="Provider"
      value={filter.provider}
      options={[['', 'all'], ...providers.map((id) => [id, id] as const)]}
    />
    <Select
      name="status"
      label="Status"
      value={filter.status}
      options={[
        ['', 'all'],
        ...statuses.filter((each) => each !== 'received').map((each) => [each, each] as const),
      ]}
    />
    <Field name="tenant" label="Tenant" value={filter.tenant} placeholder="all" />
    <Field name="type" label="Type" value={filter.type} placeholder="all" />
    <Select name="within" label="Received" value={filter.within} options={windows} />
    <details class="exact" open={Boolean(filter.since ?? filter.until)}>
      <summary>Exact times</summary>
      <div>
        <Field name="since" type="datetime-local" label="Since (UTC)" value={filter.since} />
        <Field name="until" type="datetime-local" label="Until (UTC)" value={filter.until} />
      </div>
    </details>
    <button>Filter</button>
  </form>
)

const EventTable = ({ items, now }: Pick<EventsPageProps, 'items' | 'now'>) => (
  <Table
    caption="Events, the newest first"
    class="events"
    columns={['Status', 'Event', 'Tenant', { text: 'Attempts', class: 'number' }, 'Received']}
    bodyId="rows"
  >
    {items.map((event) => (
      <EventRow event={event} now={now} />
    ))}
  </Table>
)

const EventRow = ({ event, now }: { readonly event: EventItem; readonly now: EpochMs }) => (
  <tr
    role="row"
    id={event.id}
    data-at={event.receivedAt}
    data-state={`${event.status} ${event.attempts} ${event.reason ?? ''}`}
  >
    <Cell class="c-status">
      <Status status={event.status} />
    </Cell>
    <Cell class="c-event">
      <a href={`/console/events/${event.id}`}>
        <span class="dim">{event.provider}</span> <b>{event.type}</b>
      </a>
      {event.via !== 'webhook' && <span class="tag">{event.via}</span>}
      {event.reason && <span class={`reason ${event.status}`}>{event.reason}</span>}
    </Cell>
    <Cell class="c-tenant">{event.tenant}</Cell>
    <Cell class="c-attempts number">
      {event.attempts}
      <span class="unit"> {event.attempts === 1 ? 'attempt' : 'attempts'}</span>
    </Cell>
    <Cell class="c-time">
      <Ago at={event.receivedAt} now={now} />
    </Cell>
  </tr>
)

const Empty = ({
  narrowed,
  addresses,
}: {
  readonly narrowed: boolean
  readonly addresses: readonly string[]
}) =>
  narrowed ? (
    <div class="empty">
      <p>No event matches.</p>
      <p>
        <a href="/console/events">Show all events</a>
      </p>
    </div>
  ) : (
    <div class="empty">
      <h2>Nothing has come in yet</h2>
      <p>
        Send a signed webhook from a terminal; it appears here as it arrives:
        <code class="command">npx sluice send stripe</code>
      </p>
      {addresses.length > 0 && (
        <>
          <p>Or point a provider at one of these addresses:</p>
          <ul>
            {addresses.map((address) => (
              <li>
                <Mono>{address}</Mono>
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="dim">
        Older events: choose <a href="/console/events?within=30d">the last 30 days</a>.
      </p>
    </div>
  )
