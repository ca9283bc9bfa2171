import * as z from 'zod/mini'
import { whole } from './fields.ts'

const reserved = z.optional(whole(1, 10_000))

/** How much of the account's Lambda concurrency each function may take. */
export const concurrencySchema = z.strictObject({
  worker: z.optional(whole(2, 1_000)),
  poller: z.optional(whole(2, 1_000)),
  reserved: z.optional(
    z.strictObject({
      webhook: reserved,
      worker: reserved,
      sweeper: reserved,
      admin: reserved,
      oauth: reserved,
      refresher: reserved,
      proxy: reserved,
      poller: reserved,
    }),
  ),
})
