import type { Buffer as EventBuffer } from '#lib/buffer/buffer.ts'
import { eventId, inlineBody } from '#lib/buffer/envelope.ts'
import type { Announce } from '#lib/oauth/announce.ts'
import { ms, type Clock } from '#lib/primitives/clock.ts'
import { deadlineAfter } from '#lib/primitives/deadline.ts'

/** News of Sluice itself is an event like any other: `sluice.connection.needs_reauth`. */
const own = 'sluice'

/** Puts news on the events queue, where the handlers find it. */
export const announcer =
  (buffer: Pick<EventBuffer, 'send'>, clock: Clock): Announce =>
  async ({ type, key, connection: { id, tenant, provider, account }, facts }) => {
    const body = Buffer.from(JSON.stringify({ connection: id, tenant, provider, account, ...facts }))
    const deliveryKey = `${type}|${key}`
    const deadline = deadlineAfter(clock, ms(2_000))
    try {
      await buffer.send(
        {
          v: 1,
          id: eventId(tenant, own, deliveryKey),
          tenant,
          provider: own,
          endpoint: own,
          via: 'poll',
          deliveryKey,
          ...(account !== undefined && { account }),
          type,
          receivedAt: clock.now(),
          contentType: 'application/json',
          headers: {},
          body: inlineBody(body),
        },
        deadline.signal,
      )
    } finally {
      deadline.end()
    }
  }
