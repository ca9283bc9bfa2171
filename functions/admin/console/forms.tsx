import type { Child } from 'hono/jsx'
import { csrfToken, maySend } from './rights.ts'

interface PostFormProps {
  /** Below `/console`, and known to `form-operations.ts`. */
  readonly action: string
  /** What goes along unseen. */
  readonly fields?: Readonly<Record<string, string>>
  /** A form is sent once per visit, however often its button is pressed; not this one. */
  readonly isRepeatable?: boolean
  readonly class?: string
  readonly children?: Child
}

/**
 * A form that changes something; every one must be made by this. It carries the token of the session, and is not there for
 * those who may not send it.
 */
export function PostForm({ action, fields = {}, isRepeatable, class: name, children }: PostFormProps) {
  if (!maySend(action)) return null
  return (
    <form method="post" action={action} class={name} data-once={isRepeatable ? undefined : ''}>
      <input type="hidden" name="csrf" value={csrfToken()} />
      {Object.entries(fields).map(([key, value]) => (
        <input type="hidden" name={key} value={value} />
      ))}
      {children}
    </form>
  )
}

interface ConfirmProps {
  /** Names the dialog in the page. */
  readonly id: string
  /** What is on the button that asks. */
  readonly label: string
  /** The button's name where its label alone does not tell what it is about. */
  readonly name?: string
  readonly question: string
  /** What is on the button that does it. */
  readonly doIt: string
  readonly tone?: 'plain' | 'primary' | 'danger'
  readonly action: string
  readonly fields?: Readonly<Record<string, string>>
  /** What comes of it, and what more is asked. */
  readonly children?: Child
}

/**
 * A button that asks before it does: a dialog of the browser's own, which needs no script and closes by Escape. Not there for
 * those who may not do it.
 */
export const Confirm = (props: ConfirmProps) => {
  const { id, label, name, question, doIt, tone = 'plain', action, fields, children } = props
  if (!maySend(action)) return null
  return (
    <>
      <button
        type="button"
        class={{ plain: 'quiet', primary: undefined, danger: 'quiet danger' }[tone]}
        popovertarget={id}
        aria-label={name}
        aria-haspopup="dialog"
      >
        {label}
      </button>
      <dialog id={id} class="ask" popover="auto" aria-labelledby={`${id}-question`}>
        <PostForm action={action} fields={fields ?? {}}>
          <h2 id={`${id}-question`}>{question}</h2>
          {children}
          <div class="actions">
            <button class={tone === 'danger' ? 'danger' : undefined}>{doIt}</button>
            <button type="button" class="quiet" popovertarget={id} popovertargetaction="hide" autofocus>
              Cancel
            </button>
          </div>
        </PostForm>
      </dialog>
    </>
  )
}

interface FieldProps {
  readonly name: string
  readonly label: string
  readonly value: string | undefined
  readonly placeholder?: string
  readonly type?: 'text' | 'datetime-local' | 'number'
  readonly isRequired?: boolean
}

export const Field = ({ name, label, value = '', placeholder, type = 'text', isRequired }: FieldProps) => (
  <label class="field">
    <span>{label}</span>
    <input
      name={name}
      type={type}
      value={value}
      placeholder={placeholder}
      autocomplete="off"
      maxlength={type === 'text' ? 256 : undefined}
      min={type === 'number' ? 1 : undefined}
      required={isRequired}
    />
  </label>
)

/** What a field for date and time sends stands for UTC; `undefined` for what is no time. */
export function utcOf(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/.test(text)) return undefined
  const at = Date.parse(`${text}Z`)
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}
