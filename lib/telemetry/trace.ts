import type { Random } from '../primitives/random.ts'

/** Whose work a request is part of, as W3C Trace Context writes it. */
export interface Trace {
  readonly traceparent: string
  /** What tracing systems have to tell each other; handed on as it came. */
  readonly tracestate?: string
}

const grammar = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const noTrace = '0'.repeat(32)
const noParent = '0'.repeat(16)
/** What has to be handed on is at least this long; longer ones may be dropped whole. */
const maxStateChars = 512
const maxStateMembers = 32
const stateGrammar =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\u0020-\u002b\u002d-\u003c\u003e-\u007e]{0,255}[\u0021-\u002b\u002d-\u003c\u003e-\u007e]$/

/**
 * The trace that the headers of a request tell of; `undefined` where they tell of none, or not rightly. A later version is read
 * as far as this one goes.
 * @see https://www.w3.org/TR/trace-context-1/
 */
export function readTrace(header: (name: string) => string | undefined): Trace | undefined {
  const [, version, traceId, parentId, flags = '00', more] =
    grammar.exec(header('traceparent')?.trim() ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (traceId === noTrace || parentId === noParent) return undefined
  const sampled = Number.parseInt(flags, 16) & 1
  const tracestate = readState(header('tracestate'))
  return {
    traceparent: `00-${traceId}-${parentId}-0${sampled}`,
    ...(tracestate !== undefined && { tracestate }),
  }
}

/** All of it or nothing: half of a list could say something else. */
function readState(text: string | undefined): string | undefined {
  const members =
    text
      ?.split(',')
      .map((member) => member.trim())
      .filter(Boolean) ?? []
  const state = members.join(',')
  const keys = new Set(members.map((member) => member.split('=', 1)[0]))
  const isRight =
    members.length > 0 &&
    members.length <= maxStateMembers &&
    state.length <= maxStateChars &&
    keys.size === members.length &&
    members.every((member) => stateGrammar.test(member))
  return isRight ? state : undefined
}

/** `00-{trace}-{parent}-{flags}` -> `{trace}` */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)

/** The same trace, and a new parent: what a request of ours says of itself. */
export const childOf = (traceparent: string, random: Random): string =>
  `${traceparent.slice(0, 36)}${Buffer.from(random.bytes(8)).toString('hex')}${traceparent.slice(52)}`
