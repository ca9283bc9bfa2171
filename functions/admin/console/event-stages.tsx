import type { Child } from 'hono/jsx'
import type { EventDetail } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { spanOf, When } from './parts.tsx'

interface StagesProps {
  readonly event: EventDetail
  readonly now: EpochMs
}

/** What happened to an event, from the provider to its end. The Ledger keeps how many attempts there were, not when each was. */
export const Stages = ({ event, now }: StagesProps) => (
  <section aria-labelledby="timeline">
    <h2 id="timeline">Timeline</h2>
    <ol class="timeline">
      <Ingest event={event} now={now} />
      <Stage name="Claim" state={event.status === 'claimed' ? 'now' : 'over'}>
        {event.leaseUntil === null ? (
          <span>
            {event.attempts === 0 ? 'No handler has been started.' : 'Released by its last worker.'}
          </span>
        ) : (
          <span>
            Held by a worker until <When at={event.leaseUntil} now={now} />
          </span>
        )}
      </Stage>
      <Stage name="Attempts" state={attemptsOf(event)}>
        <span>
          {event.attempts} {event.attempts === 1 ? 'start' : 'starts'} of its handlers
          {event.status !== 'done' && event.reason !== null && '; the last came to this:'}
        </span>
        {event.status !== 'done' && event.reason !== null && (
          <span class={`reason ${event.status}`}>{event.reason}</span>
        )}
      </Stage>
      <Destinations event={event} />
      <End event={event} now={now} />
    </ol>
  </section>
)

const ways = {
  webhook: 'Came by webhook',
  poll: 'Found by a poll',
  bus: 'Came by the bus',
  replay: 'Replayed',
} as const

const Ingest = ({ event, now }: StagesProps) => {
  const happened = event.timeline.find(({ what }) => what === 'happened at the provider')
  return (
    <>
      {happened && (
        <Stage name="At the provider" state="over">
          <span>
            Happened <When at={happened.at} now={now} />
          </span>
        </Stage>
      )}
      <Stage name="Ingest" state="over">
        <span>
          {ways[event.via]} and stored <When at={event.receivedAt} now={now} />
        </span>
        <span class="dim">endpoint {event.endpoint}</span>
      </Stage>
    </>
  )
}

const attemptsOf = ({ status }: EventDetail): StageProps['state'] =>
  status === 'retry' ? 'bad' : status === 'dead' ? 'bad' : status === 'parked' ? 'later' : 'over'

const Destinations = ({ event: { status, steps } }: { readonly event: EventDetail }) => (
  <Stage name="Destinations" state={status === 'done' ? 'over' : 'later'}>
    {steps.length > 0 ? (
      <ul class="steps">
        {steps.map((step) => (
          <li>
            <span class="mono">{step}</span> <span class="dim">has succeeded, and is not asked again</span>
          </li>
        ))}
      </ul>
    ) : (
      <span>
        {status === 'done' ? 'All handlers and destinations have succeeded.' : 'None has succeeded yet.'}
      </span>
    )}
  </Stage>
)

const End = ({ event, now }: StagesProps) => {
  const { status, completedAt, receivedAt } = event
  const death = event.timeline.find(({ what }) => what === 'dead')
  if (status === 'done' && completedAt !== null)
    return (
      <Stage name="Done" state="good">
        <span>
          <When at={completedAt} now={now} />
        </span>
        <span class="dim">{lasted(receivedAt, completedAt)} after it was received</span>
      </Stage>
    )
  if (status === 'dead')
    return (
      <Stage name="Dead" state="bad">
        <span>{death ? <When at={death.at} now={now} /> : 'Given up'}</span>
        <span class="dim">It waits for a redrive.</span>
      </Stage>
    )
  return (
    <Stage name="Still open" state="later">
      <span>{ahead[status]}</span>
    </Stage>
  )
}

const ahead: Readonly<Record<EventDetail['status'], string>> = {
  received: 'A worker takes it from the queue.',
  claimed: 'A worker is handling it.',
  retry: 'It will be tried again.',
  parked: 'It is set aside for a while, and then tried again.',
  done: '',
  dead: '',
}

function lasted(from: string, to: string): string {
  const span = Math.max(0, Date.parse(to) - Date.parse(from))
  return span < 1_000 ? `${span} ms` : spanOf(span)
}

interface StageProps {
  readonly name: string
  readonly state: 'over' | 'now' | 'later' | 'good' | 'bad'
  readonly children?: Child
}

const Stage = ({ name, state, children }: StageProps) => (
  <li class={state}>
    <b>{name}</b>
    <div class="break">{children}</div>
  </li>
)
