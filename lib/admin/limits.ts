import { days, seconds } from '../primitives/clock.ts'

/** The API and the console. */
export const admin = {
  /** Who did what is known this long. */
  auditMs: days(400),
  /** For how long a request that is sent again with its `Idempotency-Key` gets its first answer. */
  answersMs: days(1),
  /** A request that has not answered by then never will: its function's time is over. */
  answerLeaseMs: seconds(35),
  /** Of one address, or of one caller; over all instances. */
  signInsPerMinute: 60,
} as const
