import { sendJob, type JobQueue } from '../aws/send-job.ts'
import type { BackfillJobs } from './backfill-jobs.ts'

/** The queue of slices. A slice that is queued twice is read once. */
export const sqsBackfillJobs = (queue: Omit<JobQueue, 'noun'>): BackfillJobs => ({
  send: (job, delayMs) => sendJob({ ...queue, noun: 'a slice of a backfill' }, job, delayMs),
})
