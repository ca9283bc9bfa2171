import type { ObjectStore } from '../buffer/buffer.ts'
import type { Envelope } from '../buffer/envelope.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { LedgerRecord } from '../idempotency/record.ts'
import { sha256Hex } from '../primitives/bytes.ts'
import { inflate } from '../processing/inflate.ts'
import { readPayload } from '../processing/payload.ts'
import { keptBy } from '../processing/replay.ts'
import { wrappedText } from '../primitives/wrapped.ts'
import type { Provider, WebhookDeclaration } from '../providers/provider.ts'
import { redact } from './redact.ts'

/** What can be shown of an event's bytes. */
interface PayloadPreview {
  /**
   * `shown`; `not_kept`: it is still on its way; `expired`: deleted after its time; `opaque`: neither JSON nor a form, so
   * that nothing in it could be told apart and hidden; `unreadable`: its object is damaged, or does not answer for now.
   */
  readonly state: 'shown' | 'not_kept' | 'expired' | 'opaque' | 'unreadable'
  readonly contentType: string | null
  /** Of the body as it was accepted. */
  readonly bytes: number | null
  readonly sha256: string | null
  /** Redacted, and cut where it is very large. */
  readonly data: unknown
  readonly truncated: boolean
}

export interface PreviewDeps {
  readonly objects: ObjectStore
  readonly provider: (id: string) => Provider | undefined
}

/** The provider's time of the event comes along, because it stands in the envelope. */
export interface Preview {
  readonly payload: PayloadPreview
  readonly occurredAt: Envelope['occurredAt']
}

const nothing = { contentType: null, bytes: null, sha256: null, data: null, truncated: false } as const

/** Never throws for what is kept: a payload that can't be shown says why. */
export async function previewOf(
  record: LedgerRecord,
  signal: AbortSignal,
  deps: PreviewDeps,
): Promise<Preview> {
  try {
    const kept = await keptBy(record, signal, deps)
    if (kept === 'not_finished') return { payload: { ...nothing, state: 'not_kept' }, occurredAt: undefined }
    if (kept === 'expired') return { payload: { ...nothing, state: 'expired' }, occurredAt: undefined }
    if (kept.kind === 'message') return { payload: preview(Buffer.from(kept.text)), occurredAt: undefined }
    const { envelope } = kept
    const raw = await readPayload(envelope, deps.objects, { signal })
    const declaration = deps.provider(envelope.provider)?.webhooks
    return { payload: preview(raw, envelope, declaration), occurredAt: envelope.occurredAt }
  } catch (error) {
    const gone = error instanceof SluiceError && error.code === 'PAYLOAD_MISSING'
    return { payload: { ...nothing, state: gone ? 'expired' : 'unreadable' }, occurredAt: undefined }
  }
}

function preview(raw: Uint8Array, envelope?: Envelope, declaration?: WebhookDeclaration): PayloadPreview {
  const facts = {
    contentType: envelope?.contentType ?? null,
    bytes: raw.byteLength,
    sha256: envelope?.body.sha256 ?? sha256Hex(raw),
  }
  const text = new TextDecoder().decode(inflate(raw, envelope?.headers['content-encoding']))
  const document = documentOf(text, envelope?.contentType)
  if (document === undefined) return { ...nothing, ...facts, state: 'opaque' }
  const wrapped = declaration?.wrapped && wrappedText(document, declaration.wrapped)
  const { value, truncated } = redact(parse(wrapped ?? '') ?? document, declaration?.redact)
  return { ...facts, state: 'shown', data: value, truncated }
}

/** `undefined` for what is neither JSON nor a form. */
function documentOf(text: string, contentType = ''): unknown {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return fieldsOf(new URLSearchParams(text))
  return parse(text)
}

/** A field that holds JSON is shown as what it holds, so that its parts can be told apart. */
function fieldsOf(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const names = [...new Set(form.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const values = form
        .getAll(name)
        .map((value) => (/^\s*[[{]/.test(value) ? (parse(value) ?? value) : value))
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
