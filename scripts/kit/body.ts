import type { ValueSource, WebhookDeclaration } from '#lib/providers/provider.ts'

/** An event of the kit: a document, and headers beside those of the signature. */
export interface KitEvent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** An event that says `word` in every place that the declaration reads a key or type from. */
export function kitEvent(declaration: WebhookDeclaration, word: string): KitEvent {
  const headers: Record<string, string> = {}
  const values = new Map<string, unknown>()
  const inner = new Map<string, unknown>()
  const sources: readonly ValueSource[] = [declaration.deliveryKey, declaration.eventType].flat(2)
  for (const source of sources) {
    if ('header' in source) headers[source.header] = word
    else if ('inside' in source) inner.set(source.inside, word)
    else if ('pointer' in source && !('form' in source)) values.set(source.pointer, word)
  }
  const { wrapped } = declaration
  if (wrapped) {
    const text = JSON.stringify(documentOf(inner, word))
    values.set(wrapped.pointer, wrapped.encoding === 'text' ? text : Buffer.from(text).toString('base64'))
  }
  return { headers, body: Buffer.from(JSON.stringify(documentOf(values, word))) }
}

/** A verified request that asks for an answer. */
export function handshakeEvent({ handshake }: WebhookDeclaration, challenge: string): KitEvent | undefined {
  if (!handshake) return undefined
  const values = new Map<string, unknown>([
    [handshake.when.pointer, handshake.when.equals],
    ...('echo' in handshake ? [[handshake.echo, challenge] as const] : []),
  ])
  return { headers: {}, body: Buffer.from(JSON.stringify(documentOf(values, challenge))) }
}

type Node = Record<string, unknown> | unknown[]

/** The smallest document in which each pointer leads to its value. */
function documentOf(values: ReadonlyMap<string, unknown>, word: string): Node {
  const pointers = [...values.keys()].map((pointer) => pointer.split('/').slice(1))
  const root = nodeFor(pointers[0]?.[0])
  for (const [pointer, value] of values) place(root, pointer.split('/').slice(1), value)
  // What the cases change, and what no declaration reads.
  if (!Array.isArray(root)) root['kit'] = word
  return root
}

const nodeFor = (next: string | undefined): Node => (next !== undefined && /^\d+$/.test(next) ? [] : {})

function place(node: Node, [segment, ...rest]: readonly string[], value: unknown): void {
  if (segment === undefined) return
  const own = node as Record<string, unknown>
  if (rest.length === 0) own[segment] = value
  else {
    const inner = own[segment]
    const next = typeof inner === 'object' && inner !== null ? (inner as Node) : nodeFor(rest[0])
    own[segment] = next
    place(next, rest, value)
  }
}
