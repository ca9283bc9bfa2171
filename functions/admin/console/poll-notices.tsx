import type { Context } from 'hono'
import type { AdminEnv } from '../deps.ts'
import { Notice } from './notice.tsx'

const done = new Map([
  ['started', 'The backfill has begun.'],
  ['exists', 'This window is read already, or was before: choose to read it again to do so.'],
  ['pause', 'The backfill is paused.'],
  ['resume', 'The backfill goes on.'],
  ['cancel', 'The backfill is cancelled.'],
])
const refused = new Map([
  ['run', 'This stream is paused, or is not there.'],
  ['times', 'These are no times.'],
  ['since', 'The beginning must be before the end, and a stream that is counted by blocks takes none.'],
  ['until', 'The end must not be in the future, and a stream that is counted by blocks takes none.'],
  ['undeclared', 'This version does not know how to read this stream.'],
  ['busy', 'It is being written at this moment. Try again.'],
  ['ended', 'This backfill is over.'],
  ['unknown', 'This poll has no such backfill.'],
])

/** What the last press of a button came to, as the address says. */
export const pollNotice = (c: Context<AdminEnv>) => (
  <Notice
    said={
      c.req.query('queued') === '1'
        ? 'The stream is read now; what comes of it appears here.'
        : done.get(c.req.query('did') ?? '')
    }
    refused={refused.get(c.req.query('refused') ?? '')}
  />
)
