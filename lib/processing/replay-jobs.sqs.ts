import { sendJob, type JobQueue } from '../aws/send-job.ts'
import type { ReplayJobs } from './replay-jobs.ts'

/** The queue of slices. A slice that is queued twice is sent once. */
export const sqsReplayJobs = (queue: Omit<JobQueue, 'noun'>): ReplayJobs => ({
  send: (job, delayMs) => sendJob({ ...queue, noun: 'a slice of a replay' }, job, delayMs),
})
