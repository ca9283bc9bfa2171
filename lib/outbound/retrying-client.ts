import { ApiError } from '../errors/api-error.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Random } from '../primitives/random.ts'
import type { ApiClient } from './api-client.ts'

/** An API that is asked again: the waits in between are its clock's, their spread is chance's. */
export interface RetryingClient extends ApiClient {
  readonly random: Random
}

/**
 * What a `fetch` or the reading of its body threw, as the failed call that it is; `undefined` where it is something else: a
 * refusal, a signal's reason, a mistake of the program.
 */
export function failedCall(provider: string, thrown: unknown): ApiError | undefined {
  if (thrown instanceof ApiError) return thrown
  if (thrown instanceof SluiceError ? thrown.consequence !== 'retry' : !isOfNetwork(thrown)) return undefined
  return new ApiError({ provider, status: 0, kind: 'unreachable' }, { cause: thrown })
}

/** Names of errors that the system or the HTTP client gives a connection that failed: `ECONNRESET`, `UND_ERR_SOCKET`. */
const networkCode = /^(?:E(?!RR_)[A-Z_]+|UND_ERR_\w+|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/

function isOfNetwork(thrown: unknown): boolean {
  // `fetch` wraps what happened; what happened may wrap each address that was tried.
  for (let at: unknown = thrown, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1)
    if ('code' in at && networkCode.test(String(at.code))) return true
  return false
}
