import * as z from 'zod/mini'
import { findProvider, providers } from '../providers/catalog.ts'
import type { Fault } from './config-faults.ts'
import type { PollConfig } from './define-config.ts'
import { id, text } from './fields.ts'

const readable = providers.filter(({ polls }) => polls).map((provider) => provider.id)

/** One line of `polls`. */
export const pollSchema = z.strictObject({
  provider: z.string().check(
    z.refine((value) => findProvider(value)?.polls !== undefined, {
      error: `must be a provider whose lists can be read: ${readable.join(', ')}`,
    }),
  ),
  streams: z.optional(
    z.array(text()).check(z.minLength(1, { error: 'must name at least one, or be left out' })),
  ),
  tenants: z.optional(z.array(id).check(z.minLength(1, { error: 'must name at least one, or be left out' }))),
})

/** Streams that their provider does not have; which parameters one needs is checked by the build. */
export const streamFaults = (polls: readonly PollConfig[]): readonly Fault[] =>
  polls.flatMap(({ provider, streams = [] }, index) =>
    streams.flatMap((stream, at) => {
      const known = Object.keys(findProvider(provider)?.polls ?? {})
      return known.includes(stream.split('?', 1)[0] ?? '')
        ? []
        : [
            {
              path: ['polls', index, 'streams', at],
              message: `must be a stream of ${provider}: ${known.join(', ')}`,
            },
          ]
    }),
  )
