import { seconds } from '../primitives/clock.ts'

/** Reading what was before, slice by slice. */
export const backfill = {
  /** Most pages of one slice: then another backfill has its turn. */
  slicePages: 50,
  /** Between two slices of one backfill. */
  pauseMs: seconds(1),
  /** Most slices in work at the same time, over all tenants. */
  concurrency: 2,
  /** Failures in a row, about two hours of them, before it is given up. */
  maxFailures: 12,
  /** How often a list is begun anew because the provider forgot the place. */
  maxRestarts: 3,
  /** No provider is older: where a window without a beginning begins. */
  earliest: '2000-01-01T00:00:00.000Z',
} as const
