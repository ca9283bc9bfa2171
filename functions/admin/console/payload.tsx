import type { Child } from 'hono/jsx'
import { hidden } from '#lib/admin/redact.ts'
import type { EventDetail } from '#lib/admin/schemas.ts'

const explanations: Readonly<Record<EventDetail['payload']['state'], string>> = {
  shown: '',
  not_kept: 'It can be seen once the event is done or dead.',
  expired: 'It has been deleted after its time.',
  opaque: 'It is neither JSON nor a form, so nothing in it could be told apart and hidden.',
  unreadable: 'It could not be read. Its object is damaged, or the bucket does not answer.',
}

/** An event's payload as far as it may be seen. */
export const Payload = ({ payload }: { readonly payload: EventDetail['payload'] }) => (
  <section aria-labelledby="payload">
    <h2 id="payload">
      Payload{' '}
      {payload.bytes !== null && (
        <span class="dim">
          {payload.bytes.toLocaleString('en')} bytes{payload.contentType && `, ${payload.contentType}`}
        </span>
      )}
    </h2>
    {payload.state === 'shown' ? (
      <>
        <pre class="json" tabindex={0} aria-label="Payload, personal data hidden">
          <Json value={payload.data} indent="" />
        </pre>
        <p class="dim">
          Credentials and personal data are hidden{payload.truncated && ', and what is very long is cut'}.
          {payload.sha256 && (
            <>
              {' '}
              SHA-256 of the body: <span class="mono break">{payload.sha256}</span>
            </>
          )}
        </p>
      </>
    ) : (
      <p class="dim">{explanations[payload.state]}</p>
    )}
  </section>
)

interface JsonProps {
  readonly value: unknown
  readonly indent: string
}

/** JSON with its kinds of values told apart. All of it is text of the sender's, escaped like any other. */
function Json({ value, indent }: JsonProps): Child {
  if (value === hidden) return <span class="hidden">{hidden}</span>
  if (Array.isArray(value)) {
    return (
      <Group
        marks="[]"
        indent={indent}
        parts={value.map((item) => (
          <Json value={item} indent={`${indent}  `} />
        ))}
      />
    )
  }
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([name, item]) => (
      <>
        <span class="key">{JSON.stringify(name)}</span>: <Json value={item} indent={`${indent}  `} />
      </>
    ))
    return <Group marks="{}" indent={indent} parts={parts} />
  }
  return <span class={typeof value === 'string' ? 'text' : 'plain'}>{JSON.stringify(value)}</span>
}

interface GroupProps {
  readonly marks: '[]' | '{}'
  readonly indent: string
  readonly parts: readonly Child[]
}

const Group = ({ marks, indent, parts }: GroupProps) =>
  parts.length === 0 ? (
    <>{marks}</>
  ) : (
    <>
      {marks[0]}
      {parts.map((part, index) => (
        <>
          {`\n${indent}  `}
          {part}
          {index < parts.length - 1 && ','}
        </>
      ))}
      {`\n${indent}${marks[1]}`}
    </>
  )
