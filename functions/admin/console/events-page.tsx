import { statuses, type EventItem } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Ago, Mono, Select, Status } from './parts.tsx'

/** What the list is narrowed to, as it stands in the address. */
export interface EventFilter {
  readonly provider?: string | undefined
  readonly status?: string | undefined
  readonly tenant?: string | undefined
  readonly within: string
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
        <a href="/console">Newest</a>
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

const isNarrowed = ({ provider, status, tenant }: EventFilter): boolean =>
  Boolean(provider || status || tenant)

const Filters = ({ filter, providers }: Pick<EventsPageProps, 'filter' | 'providers'>) => (
  <form class="filters" method="get" action="/console" data-submit-on-change>
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
    <label class="field">
      <span>Tenant</span>
      <input name="tenant" value={filter.tenant ?? ''} placeholder="all" autocomplete="off" maxlength={63} />
    </label>
    <Select name="within" label="Received" value={filter.within} options={windows} />
    <button>Filter</button>
  </form>
)

const EventTable = ({ items, now }: Pick<EventsPageProps, 'items' | 'now'>) => (
  <table class="events">
    <thead>
      <tr>
        <th scope="col">Status</th>
        <th scope="col">Event</th>
        <th scope="col">Tenant</th>
        <th scope="col" class="number">
          Attempts
        </th>
        <th scope="col">Received</th>
      </tr>
    </thead>
    <tbody id="rows">
      {items.map((event) => (
        <EventRow event={event} now={now} />
      ))}
    </tbody>
  </table>
)

const EventRow = ({ event, now }: { readonly event: EventItem; readonly now: EpochMs }) => (
  <tr
    id={event.id}
    data-at={event.receivedAt}
    data-state={`${event.status} ${event.attempts} ${event.reason ?? ''}`}
  >
    <td class="c-status">
      <Status status={event.status} />
    </td>
    <td class="c-event">
      <a href={`/console/events/${event.id}`}>
        <span class="dim">{event.provider}</span> <b>{event.type}</b>
      </a>
      {event.via !== 'webhook' && <span class="tag">{event.via}</span>}
      {event.reason && <span class={`reason ${event.status}`}>{event.reason}</span>}
    </td>
    <td class="c-tenant">{event.tenant}</td>
    <td class="c-attempts number">
      {event.attempts}
      <span class="unit"> {event.attempts === 1 ? 'attempt' : 'attempts'}</span>
    </td>
    <td class="c-time">
      <Ago at={event.receivedAt} now={now} />
    </td>
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
        <a href="/console">Show all events</a>
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
        Older events: choose <a href="/console?within=30d">the last 30 days</a>.
      </p>
    </div>
  )
