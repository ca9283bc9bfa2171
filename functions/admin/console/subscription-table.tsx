import type { Subscription } from '#lib/polling/keeper.ts'
import { iso, type EpochMs } from '#lib/primitives/clock.ts'
import { Ago } from './parts.tsx'
import { Cell, Row, Table } from './table.tsx'

interface SubscriptionTableProps {
  readonly items: readonly Subscription[]
  readonly now: EpochMs
}

/** What is looked after for a connection, so that its webhooks keep coming. */
export const SubscriptionTable = ({ items, now }: SubscriptionTableProps) => (
  <Table
    caption="Subscriptions, and until when each holds"
    class="subscriptions"
    columns={['State', 'Subscription', 'Holds until', 'Next look', { text: 'Sent again', class: 'number' }]}
  >
    {items.map((subscription) => (
      <SubscriptionRow subscription={subscription} now={now} />
    ))}
  </Table>
)

interface SubscriptionRowProps {
  readonly subscription: Subscription
  readonly now: EpochMs
}

const SubscriptionRow = ({ subscription, now }: SubscriptionRowProps) => {
  const { failures, disabledAt, nextAt, redeliveries } = subscription
  const until = endOf(subscription)
  const [hue, word] =
    disabledAt !== undefined
      ? ['dead', 'switched off']
      : failures > 0
        ? ['retry', 'failing']
        : ['done', 'kept']
  return (
    <Row>
      <Cell class="c-status">
        <span class={`status ${hue}`}>{word}</span>
      </Cell>
      <Cell class="c-event">
        <b>{subscription.subscription}</b>
        {disabledAt !== undefined && (
          <span class="reason dead">
            The provider has switched it off, seen <Ago at={iso(disabledAt)} now={now} />.
          </span>
        )}
        {failures > 0 && (
          <span class="reason">
            {failures} {failures === 1 ? 'try has' : 'tries have'} failed in a row.
          </span>
        )}
      </Cell>
      <Cell class="c-figure" label="Holds until">
        {until === undefined ? <span class="dim">–</span> : <Ago at={iso(until)} now={now} />}
      </Cell>
      <Cell class="c-figure" label="Next look">
        <Ago at={iso(nextAt)} now={now} />
      </Cell>
      <Cell class="number" label="Sent again">
        {redeliveries.filter(({ done }) => done).length}
      </Cell>
    </Row>
  )
}

/** The end of its last channel that is live, or of its watch. */
const endOf = ({ channels, watchedUntil }: Subscription): EpochMs | undefined =>
  channels
    .filter(({ state }) => state === 'live')
    .map(({ expiresAt }) => expiresAt)
    .toSorted((a, b) => b - a)[0] ?? watchedUntil
