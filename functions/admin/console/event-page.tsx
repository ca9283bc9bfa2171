import type { Child } from 'hono/jsx'
import type { EventDetail } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Stages } from './event-stages.tsx'
import { Fact } from './facts.tsx'
import { Confirm } from './forms.tsx'
import { Mono, Status } from './parts.tsx'
import { Payload } from './payload.tsx'

export interface EventPageProps {
  readonly event: EventDetail
  /** What the last press of a button came to. */
  readonly notice: Child
  readonly now: EpochMs
}

/** One event: where it stands, what happened, what it carries, and the buttons to send it through again. */
export const EventPage = ({ event, notice, now }: EventPageProps) => (
  <>
    <p class="crumbs">
      <a href="/console/events">Events</a>
    </p>
    {notice}
    <article id="event" data-live-id="event">
      <div class="head">
        <h1 class="break">
          <span class="dim">{event.provider}</span> {event.type}
        </h1>
        <Status status={event.status} />
        <Actions event={event} />
      </div>
      {event.reason && <p class={`why ${event.status}`}>{event.reason}</p>}
      <Facts event={event} />
      <Stages event={event} now={now} />
      <Payload payload={event.payload} />
    </article>
  </>
)

/** Only what is settled can be sent through again. */
const Actions = ({ event }: { readonly event: EventDetail }) => (
  <div class="actions">
    {event.status === 'dead' && (
      <Confirm
        id="redrive"
        label="Redrive"
        question="Redrive this event?"
        doIt="Redrive it"
        action="/console/dead-letters/redrive"
        fields={{ ids: event.id, back: event.id }}
      >
        <p>It gets its attempts back and stays the same event.</p>
      </Confirm>
    )}
    {(event.status === 'done' || event.status === 'dead') && (
      <Confirm
        id="replay"
        label="Replay"
        question="Replay this event?"
        doIt="Replay it"
        action={`/console/events/${event.id}/replay`}
      >
        <p>
          It goes through the handlers again, as a new event with the same idempotency key: a destination that
          heeds the key does nothing twice.
        </p>
      </Confirm>
    )}
  </div>
)

const flags = {
  conflict: 'another body came under the same key',
  'replayed-delivery': 'the same body came again under another delivery id',
} as const

const Facts = ({ event }: { readonly event: EventDetail }) => (
  <dl class="facts">
    <Fact name="Id" wide>
      <Mono>{event.id}</Mono>
    </Fact>
    <Fact name="Tenant">{event.tenant}</Fact>
    <Fact name="Endpoint">{event.endpoint}</Fact>
    <Fact name="Attempts">{event.attempts}</Fact>
    <Fact name="Came by">{event.via}</Fact>
    <Fact name="Delivery key" wide>
      <Mono>{event.deliveryKey}</Mono>
    </Fact>
    {event.unsignedId && (
      <Fact name="Delivery id (unsigned)">
        <Mono>{event.unsignedId}</Mono>
      </Fact>
    )}
    {event.replayOf && (
      <Fact name="Replay of" wide>
        <a class="mono" href={`/console/events/${encodeURIComponent(event.replayOf)}`}>
          {event.replayOf}
        </a>
      </Fact>
    )}
    {event.flag && <Fact name="Flag">{flags[event.flag]}</Fact>}
    {event.steps.length > 0 && <Fact name="Succeeded so far">{event.steps.join(', ')}</Fact>}
  </dl>
)

/** An event that has no record: taken by no worker yet, or past its time. */
export const NoEventPage = ({ notice }: { readonly notice?: Child }) => (
  <>
    <p class="crumbs">
      <a href="/console/events">Events</a>
    </p>
    {notice}
    <article id="event" data-live-id="event">
      <div class="empty">
        <h1>No record of this event</h1>
        <p>A worker makes it when it takes the event from the queue. This page looks again by itself.</p>
        <p class="dim">Records are kept for 30 days.</p>
      </div>
    </article>
  </>
)
