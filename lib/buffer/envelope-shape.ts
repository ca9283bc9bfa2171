/** Ids of tenants, endpoints and providers: one grammar, so they can stand in paths, keys and logs as they are. */
export const idGrammar = /^[a-z0-9][a-z0-9_-]{0,62}$/

type Check = (value: unknown) => string | undefined
type Shape = Readonly<Record<string, { readonly check: Check; readonly required: boolean }>>

/**
 * Where `value` is not an envelope of version 1, as a path such as `body.sha256`; `undefined` when it is one. Written by
 * hand: every message passes here, and a schema library takes as long for this as the rest of the worker.
 */
export const faultInEnvelope = (value: unknown): string | undefined => inObject(value, envelope)

/** Nothing is missing, nothing is unknown, and everything is what it must be. */
function inObject(value: unknown, shape: Shape): string | undefined {
  if (!isObject(value)) return ''
  let missing = requiredIn(shape)
  for (const name in value) {
    const field = shape[name]
    if (!field) return name
    const fault = field.check(value[name])
    if (fault !== undefined) return fault === '' ? name : `${name}.${fault}`
    if (field.required) missing -= 1
  }
  if (missing === 0) return undefined
  return Object.keys(shape).find((name) => shape[name]?.required && !Object.hasOwn(value, name)) ?? ''
}

const counted = new WeakMap<Shape, number>()
function requiredIn(shape: Shape): number {
  let count = counted.get(shape)
  if (count === undefined) {
    count = Object.values(shape).filter(({ required }) => required).length
    counted.set(shape, count)
  }
  return count
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unless =
  (isGood: (value: unknown) => boolean): Check =>
  (value) =>
    isGood(value) ? undefined : ''
const matching = (grammar: RegExp): Check =>
  unless((value) => typeof value === 'string' && grammar.test(value))
const textUpTo = (length: number): Check =>
  unless((value) => typeof value === 'string' && value.length <= length)
const oneOf = (...values: readonly unknown[]): Check => unless((value) => values.includes(value))

const text = textUpTo(2_048)
const id = matching(idGrammar)
const sha256 = matching(/^[0-9a-f]{64}$/)
/** The last instant that a `Date` can hold. */
const latest = 8_640_000_000_000_000
const instant = unless(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= latest,
)
const texts: Check = (value) => {
  if (!isObject(value)) return ''
  for (const name in value) if (text(value[name]) !== undefined) return name
  return undefined
}

/** Without a prototype: `constructor` and its like are unknown fields too. */
const shapeOf = (required: Record<string, Check>, optional: Record<string, Check> = {}): Shape => {
  const fields = (checks: Record<string, Check>, isRequired: boolean) =>
    Object.entries(checks).map(([name, check]) => [name, { check, required: isRequired }] as const)
  return Object.assign(
    Object.create(null) as Shape,
    Object.fromEntries([...fields(required, true), ...fields(optional, false)]),
  )
}

const inlineBody = shapeOf({ base64: unless((value) => typeof value === 'string'), sha256 })
const storedBody = shapeOf({ key: textUpTo(256), sha256, bytes: unless(Number.isSafeInteger) })

const poll = shapeOf({ connection: textUpTo(256), stream: textUpTo(256) })

const envelope = shapeOf(
  {
    v: oneOf(1),
    id: matching(/^evt_[A-Za-z0-9_-]{32}$/),
    tenant: id,
    provider: id,
    endpoint: id,
    via: oneOf('webhook', 'poll', 'bus', 'replay'),
    deliveryKey: text,
    type: text,
    receivedAt: instant,
    headers: texts,
    body: (value) => inObject(value, isObject(value) && 'key' in value ? storedBody : inlineBody),
  },
  {
    changeKey: text,
    account: text,
    version: text,
    partOf: text,
    occurredAt: instant,
    contentType: text,
    traceparent: text,
    tracestate: text,
    poll: (value) => inObject(value, poll),
    replayOf: text,
    redrive: text,
    redriveBy: text,
  },
)
