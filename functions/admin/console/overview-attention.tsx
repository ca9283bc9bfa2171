import type { WholeOverview } from '#lib/admin/read-overview.ts'
import { connectionPath } from './connections-page.tsx'
import { figure } from './overview-parts.tsx'
import { spanOf } from './parts.tsx'

interface Need {
  readonly hue: 'dead' | 'retry'
  readonly word: string
  readonly text: string
  readonly href: string
  readonly link: string
}

const most = 5

/** What someone should look at, the worst first. */
export const Attention = ({ overview }: { readonly overview: WholeOverview }) => {
  const needs = needsOf(overview)
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      {needs.length === 0 ? (
        <p class="calm">
          <span class="status done">all is well</span> No dead letter, no stream that is late, every
          connection answers.
        </p>
      ) : (
        <ul class="attention">
          {needs.map(({ hue, word, text, href, link }) => (
            <li>
              <span class={`status ${hue}`}>{word}</span>
              <span class="break">{text}</span>
              <a href={href}>{link}</a>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function needsOf({ dead, providers, toReconnect }: WholeOverview): readonly Need[] {
  const opened = providers.filter(({ breaker }) => breaker === 'open')
  return [
    ...(dead > 0 ? [deadLetters(dead)] : []),
    ...opened.map(({ provider }): Need => ({
      hue: 'dead',
      word: 'open',
      text: `The breaker of ${provider} is open: calls fail at once.`,
      href: '/console/limits',
      link: 'Limits and breakers',
    })),
    ...toReconnect.slice(0, most).map((connection): Need => ({
      hue: 'dead',
      word: 're-connect',
      text: `${connection.provider} ${connection.account} of ${connection.tenant} no longer answers.`,
      href: connectionPath(connection),
      link: 'The connection',
    })),
    ...(toReconnect.length > most ? [moreConnections(toReconnect.length - most)] : []),
    ...providers.flatMap(({ provider, freshness }) =>
      freshness && (freshness.state === 'late' || freshness.state === 'still')
        ? [lateStreams(provider, freshness)]
        : [],
    ),
  ]
}

const deadLetters = (dead: number): Need => ({
  hue: 'dead',
  word: 'dead',
  text: `${figure(dead)} ${dead === 1 ? 'event was' : 'events were'} given up.`,
  href: '/console/dead-letters',
  link: 'Dead letters',
})

const moreConnections = (count: number): Need => ({
  hue: 'dead',
  word: 're-connect',
  text: `${figure(count)} more connections.`,
  href: '/console/connections?state=needs_reauth',
  link: 'All of them',
})

const lateStreams = (
  provider: string,
  { state, lagMs }: NonNullable<WholeOverview['providers'][number]['freshness']>,
): Need => ({
  hue: state === 'still' ? 'dead' : 'retry',
  word: state,
  text:
    state === 'still'
      ? `A stream of ${provider} is read, and its watermark stands still: ${spanOf(lagMs)} behind.`
      : `A stream of ${provider} is ${spanOf(lagMs)} behind.`,
  href: `/console/polls?provider=${encodeURIComponent(provider)}`,
  link: 'Polls',
})
