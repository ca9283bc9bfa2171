import { oauth as limits } from '../config/defaults.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import type { Clock, Millis } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'

/** To ask with, in its time. */
export interface AskDeps {
  readonly fetch: typeof fetch
  readonly clock: Clock
}

/** What an address of a provider says to the holder of a token; `undefined` for anything but JSON under a 2xx. Never throws. */
export async function askProvider(
  url: string,
  accessToken: string,
  deps: AskDeps,
  timeout: Millis = limits.requestMs,
): Promise<unknown> {
  const deadline = deadlineAfter(deps.clock, timeout)
  try {
    const headers = {
      authorization: `Bearer ${accessToken}`,
      accept: 'application/json',
      'user-agent': 'sluice',
    }
    const read = async (): Promise<unknown> => {
      const answer = await deps.fetch(url, { headers, redirect: 'error', signal: deadline.signal })
      return answer.ok ? JSON.parse(await boundedText(answer, limits.maxAnswerBytes)) : undefined
    }
    return await raceSignal(read(), deadline.signal)
  } catch {
    return undefined
  } finally {
    deadline.end()
  }
}
