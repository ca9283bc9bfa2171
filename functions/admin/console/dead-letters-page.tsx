import type { Child } from 'hono/jsx'
import type { DeadLetter } from '#lib/admin/schemas.ts'
import type { EpochMs } from '#lib/primitives/clock.ts'
import { Form, maySend } from './form.tsx'
import { Ago, Mono } from './parts.tsx'

export interface DeadLettersPageProps {
  readonly items: readonly DeadLetter[]
  readonly reason: string | undefined
  readonly older: string | undefined
  readonly notice: Child
  readonly now: EpochMs
}

const redrive = '/console/dead-letters/redrive'

/** What was given up, why, and the way to send it through again. */
export const DeadLettersPage = ({ items, reason, older, notice, now }: DeadLettersPageProps) => (
  <>
    <div class="head">
      <h1>Dead letters</h1>
      {reason && <a href="/console/dead-letters">All reasons</a>}
    </div>
    {notice}
    {items.length > 0 && !maySend(redrive) && <DeadTable items={items} now={now} />}
    {items.length > 0 && (
      <Form action={redrive}>
        <div class="toolbar">
          <button name="selected" value="1">
            Redrive selected
          </button>
          {reason && (
            <button class="quiet" name="reason" value={reason}>
              Redrive all with this reason
            </button>
          )}
          <span class="dim">A redriven event keeps its id and gets its attempts back.</span>
        </div>
        <DeadTable items={items} now={now} />
      </Form>
    )}
    {items.length === 0 && (
      <div class="empty">
        <h2>No dead letters</h2>
        <p>Events that fail too often, or that can not be read, wait here with their reason for 30 days.</p>
      </div>
    )}
    <p id="pages">{older && <a href={older}>Older dead letters</a>}</p>
  </>
)

const DeadTable = ({ items, now }: Pick<DeadLettersPageProps, 'items' | 'now'>) => (
  <table class="dead-letters">
    <thead>
      <tr>
        {maySend(redrive) && (
          <th scope="col">
            <input type="checkbox" data-all="ids" aria-label="Select all on this page" hidden />
          </th>
        )}
        <th scope="col">Reason</th>
        <th scope="col">Event</th>
        <th scope="col">Tenant</th>
        <th scope="col" class="number">
          Attempts
        </th>
        <th scope="col">Died</th>
      </tr>
    </thead>
    <tbody>
      {items.map((letter) => (
        <DeadRow letter={letter} now={now} />
      ))}
    </tbody>
  </table>
)

const DeadRow = ({ letter, now }: { readonly letter: DeadLetter; readonly now: EpochMs }) => (
  <tr id={letter.id}>
    {maySend(redrive) && (
      <td class="c-check">
        <input
          type="checkbox"
          name="ids"
          value={letter.id}
          aria-label={`Select ${letter.provider} ${letter.type}`}
        />
      </td>
    )}
    <td class="c-reason">
      {letter.reason && (
        <a class="reason dead" href={`/console/dead-letters?reason=${encodeURIComponent(letter.reason)}`}>
          {letter.reason}
        </a>
      )}
    </td>
    <td class="c-event">
      <a href={`/console/events/${letter.id}`}>
        <span class="dim">{letter.provider}</span> <b>{letter.type}</b>
      </a>
    </td>
    <td class="c-tenant">{letter.tenant}</td>
    <td class="c-attempts number">
      {letter.attempts}
      <span class="unit"> {letter.attempts === 1 ? 'attempt' : 'attempts'}</span>
    </td>
    <td class="c-time">
      <Ago at={letter.deadAt} now={now} />
    </td>
  </tr>
)

/** What the redrive of some events came to. */
export const RedriveNotice = ({ queued, others }: { readonly queued: number; readonly others: number }) => (
  <p class="notice" role="status">
    {queued} {queued === 1 ? 'event' : 'events'} sent through again.
    {others > 0 && ` ${others} could not be: no longer dead, or without a body.`} A redriven event stays here
    until a worker takes it.
  </p>
)

export const ReplayNotice = ({ id }: { readonly id: string }) => (
  <p class="notice" role="status">
    Replay queued as{' '}
    <a href={`/console/events/${id}`}>
      <Mono>{id}</Mono>
    </a>
  </p>
)
