import { describe, expect, test } from 'vitest'
import { announcer } from '#functions/common/announce.ts'
import { refresher } from '#functions/refresher/batch.ts'
import { decodeEnvelope, encodeEnvelope, type Envelope } from '#lib/buffer/envelope.ts'
import type { RefreshDueDeps } from '#lib/oauth/refresh-due.ts'
import { toEvent } from '#lib/processing/event.ts'
import { inlineBytes, isStored } from '#lib/buffer/envelope.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

describe('news of a connection', () => {
  const connection = { id: 'conn_1', tenant: 'acme', provider: 'slack', account: 'T1' }

  test('is an event that a handler can ask for, the same one however often it is told', async () => {
    const clock = virtualClock()
    const sent: Envelope[] = []
    const announce = announcer({ send: async (envelope) => void sent.push(envelope) }, clock)
    const news = {
      type: 'connection.needs_reauth',
      key: 'conn_1|7',
      connection,
      facts: { cause: 'revoked' },
    } as const
    await announce(news)
    await clock.advance(60_000)
    await announce(news)
    expect(sent[0]?.id).toBe(sent[1]?.id)
    const [first] = sent
    if (!first || isStored(first.body)) throw new Error('nothing was sent')
    const read = decodeEnvelope(encodeEnvelope(first))
    expect(toEvent(read, inlineBytes(first.body))).toMatchObject({
      type: 'sluice.connection.needs_reauth',
      tenant: 'acme',
      account: 'T1',
      data: { connection: 'conn_1', provider: 'slack', cause: 'revoked' },
    })
  })
})

describe('a round of the refresher', () => {
  function given(found: readonly number[]) {
    const asked: number[] = []
    const deps = {
      clock: virtualClock(),
      log: () => {},
      due: async (_now: number, limit: number) => {
        asked.push(limit)
        return Array.from({ length: found[asked.length - 1] ?? 0 }, (_, i) => ({
          tenant: 't',
          id: `conn_${i}`,
        }))
      },
      tokens: { get: async () => ({ kind: 'unavailable', error: 'x' }) },
    } as unknown as RefreshDueDeps
    return {
      asked,
      run: (remainingMs: number) =>
        refresher(deps)(undefined, { getRemainingTimeInMillis: () => remainingMs }),
    }
  }

  test('follows another as long as there is more, and time', async () => {
    const { asked, run } = given([100, 100, 3])
    await run(58_000)
    expect(asked).toHaveLength(3)
  })

  test('is not begun when a refresh would not fit into what is left', async () => {
    const { asked, run } = given([100, 100])
    await run(20_000)
    expect(asked).toEqual([])
  })
})
