import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SluiceEvent } from '#lib/processing/handler.ts'
import { traced, traceOf } from '#lib/processing/trace.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { childOf, readTrace, traceIdOf } from '#lib/telemetry/trace.ts'
import { envelopeOf, givenWorker, startLedger } from '#test/fakes/given-worker.ts'
import type { Tables } from '#test/fakes/tables.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parent = `00-${traceId}-b7ad6b7169203331-01`
const read = (traceparent?: string, tracestate?: string) =>
  readTrace((name) => ({ traceparent, tracestate })[name as 'traceparent'])

describe('a traceparent', () => {
  test.each([
    [parent, parent],
    ['as it is without blanks', parent, ` ${parent} `],
    ['of a later version as far as this one goes', parent, `cc-${parent.slice(3)}-what-comes-later`],
    ['with flags that are not known yet', parent, parent.replace(/01$/, 'ff')],
    ['that nobody records', parent.replace(/01$/, '00'), parent.replace(/01$/, '02')],
  ])('is read: %s', (_, expected, text = expected) => expect(read(text)).toEqual({ traceparent: expected }))

  test.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['version ff', `ff-${parent.slice(3)}`],
    ['version 00 with more', `${parent}-more`],
    ['a later version with more, not set off', `cc-${parent.slice(3)}more`],
    ['capitals', parent.toUpperCase()],
    ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a parent of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${traceId.slice(1)}-b7ad6b7169203331-01`],
    ['two of them', `${parent}, ${parent}`],
    ['a line break', `${parent}\n${parent}`],
  ])('is none: %s', (_, text) => expect(read(text)).toBeUndefined())

  test('is right or none, whatever a sender writes', () => {
    const hex = fc.stringMatching(/^[0-9a-fF-]{0,60}$/)
    fc.assert(
      fc.property(fc.oneof(hex, fc.string()), fc.string(), (text, state) => {
        const trace = read(text, state)
        if (trace) expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
      }),
    )
  })
})

describe('a tracestate', () => {
  const state = (text: string) => read(parent, text)?.tracestate

  test('is handed on as it came, without the blanks between its members', () => {
    expect(state('congo=t61rcWkgMzE, rojo=00f067aa0ba902b7')).toBe('congo=t61rcWkgMzE,rojo=00f067aa0ba902b7')
    expect(state('fw529a3039@dt=FfAAAAEAAAAD')).toBe('fw529a3039@dt=FfAAAAEAAAAD')
  })

  test.each([
    ['no list', 'words'],
    ['a key twice', 'a=1,a=2'],
    ['more than 32 members', Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(',')],
    ['more than 512 characters', `a=${'x'.repeat(255)},b=${'x'.repeat(255)}`],
    ['a control character', 'a=1\u0000'],
    ['a value that ends with a blank inside a list', 'a= ,b=2'],
    ['an equals sign in a value', 'a=b=c'],
  ])('is dropped whole: %s', (_, text) => expect(state(text)).toBeUndefined())

  test('is nothing without a traceparent', () => expect(read(undefined, 'a=1')).toBeUndefined())
})

test('a child is part of the same trace, with a parent of its own and the same flags', () => {
  const random = seededRandom(1)
  const children = [childOf(parent, random), childOf(parent, random)]
  for (const child of children) expect(child).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  expect(new Set([...children, parent]).size).toBe(3)
  expect(traceIdOf(children[0] ?? '')).toBe(traceId)
})

describe('a request of a handler', () => {
  const sent = async (input: string | Request, init?: RequestInit): Promise<Headers> => {
    let headers = new Headers()
    const send = async (_: unknown, given?: RequestInit) => {
      headers = new Headers(given?.headers)
      return new Response()
    }
    await traced(send, () => ({ traceparent: parent, tracestate: 'a=1' }), seededRandom(2))(input, init)
    return headers
  }

  test('keeps its own headers, from wherever they are', async () => {
    const byInit = await sent('https://example.com', { headers: { 'x-own': '1' } })
    const byRequest = await sent(new Request('https://example.com', { headers: { 'x-own': '1' } }))
    for (const headers of [byInit, byRequest]) {
      expect(headers.get('x-own')).toBe('1')
      expect(headers.get('traceparent')).toContain(traceId)
      expect(headers.get('tracestate')).toBe('a=1')
    }
  })

  test('that says itself what it is part of is left as it is', async () => {
    const own = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`
    const headers = await sent('https://example.com', { headers: { traceparent: own } })
    expect([headers.get('traceparent'), headers.get('tracestate')]).toEqual([own, null])
  })
})

describe('from the sender to the calls of a handler', () => {
  let tables: Tables
  beforeAll(async () => {
    tables = await startLedger()
  })
  afterAll(() => tables.close())

  /** An event whose handler calls twice, once by a connection, and then fails. */
  async function handled(trace: { traceparent?: string; tracestate?: string }) {
    const seen: SluiceEvent[] = []
    const calls: Headers[] = []
    const note = async (_: unknown, init?: RequestInit) => {
      calls.push(new Headers(init?.headers))
      return new Response()
    }
    const worker = givenWorker(tables, {
      handlers: [
        async (event, ctx) => {
          seen.push(event)
          await ctx.fetch('https://example.com')
          await ctx.sluice.fetch()('/v1/charges')
          ctx.log('info', 'both were called')
          throw new Error('and then this')
        },
      ],
    })
    const work = worker.sandbox({ fetch: note, sluice: { fetch: () => note } })
    const envelope = envelopeOf(worker.clock, trace)
    await work([envelope])
    const lines = worker.lines.map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
    return { envelope, seen, lines, parents: calls.map((headers) => headers.get('traceparent') ?? ''), calls }
  }

  test('the trace of the sender is that of the event, of its calls and of its lines', async () => {
    const { seen, parents, calls, lines } = await handled({ traceparent: parent, tracestate: 'a=1' })
    expect([seen[0]?.traceparent, seen[0]?.tracestate]).toEqual([parent, 'a=1'])
    expect(parents.map(traceIdOf)).toEqual([traceId, traceId])
    expect(new Set([...parents, parent]).size).toBe(3)
    expect(calls.map((headers) => headers.get('tracestate'))).toEqual(['a=1', 'a=1'])
    expect(lines.map((line) => [line['message'], line['traceId']])).toEqual([
      ['both were called', traceId],
      ['an event failed and will be tried again', traceId],
    ])
  })

  test('an event without one has its own, the same in each attempt', async () => {
    const { envelope, seen, parents, lines } = await handled({})
    const own = traceOf(envelope).traceparent
    expect(readTrace((name) => (name === 'traceparent' ? own : undefined))).toEqual({ traceparent: own })
    expect(seen[0]?.traceparent).toBe(own)
    expect(parents.map(traceIdOf)).toEqual([traceIdOf(own), traceIdOf(own)])
    expect(new Set(lines.map((line) => line['traceId']))).toEqual(new Set([traceIdOf(own)]))
  })
})
