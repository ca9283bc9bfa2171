import { senderSite as limits } from '../config/defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { elapsed, ms, type Clock, type EpochMs } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { Log } from '../telemetry/log.ts'
import { perMinute } from './per-minute.ts'
import type { SenderSite, SiteDocument } from './sender-site.ts'

export interface HttpsSiteOptions {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Log
}

interface Remembered {
  readonly document: SiteDocument
  readonly at: EpochMs
}

/**
 * {@link SenderSite} by `fetch`: no redirect is followed, at most 64 KB are read within a second, one request for each
 * address at a time, and a bounded number of requests a minute altogether.
 */
export function httpsSite(options: HttpsSiteOptions): SenderSite {
  const { clock } = options
  const known = new Map<string, Remembered>()
  const pending = new Map<string, Promise<SiteDocument>>()
  const mayAsk = perMinute(limits.requestsPerMinute, clock)

  const ask = async (url: string): Promise<SiteDocument> => {
    if (!mayAsk()) return { kind: 'unavailable' }
    const document = await read(url, options)
    // What could not be had says nothing about what is remembered.
    if (document.kind !== 'unavailable') remember(known, url, { document, at: clock.now() })
    return document
  }
  const askOnce = (url: string): Promise<SiteDocument> => {
    const running = pending.get(url) ?? ask(url).finally(() => pending.delete(url))
    pending.set(url, running)
    return running
  }
  const unlessYoungerThan = async (url: string, ageMs: number): Promise<SiteDocument> => {
    const memory = known.get(url)
    if (memory && elapsed(memory.at, clock.now()) < ageMs) return memory.document
    const fresh = await askOnce(url)
    return fresh.kind === 'unavailable' && memory ? memory.document : fresh
  }
  return {
    document: (url) => unlessYoungerThan(url, limits.keepMs),
    newerDocument: (url) => unlessYoungerThan(url, limits.cooldownMs),
    visit: async (url) => mayAsk() && (await read(url, options)).kind === 'found',
  }
}

async function read(url: string, { fetch, clock, log }: HttpsSiteOptions): Promise<SiteDocument> {
  const deadline = deadlineAfter(clock, ms(limits.timeoutMs))
  try {
    return await raceSignal(get(url, fetch, deadline.signal), deadline.signal)
  } catch (error) {
    log('warn', 'the site of a sender did not answer', {
      error: describeError(error),
    })
    return { kind: 'unavailable' }
  } finally {
    deadline.end()
  }
}

async function get(url: string, ask: typeof fetch, signal: AbortSignal): Promise<SiteDocument> {
  const answer = await ask(url, { redirect: 'error', signal })
  if (answer.status === 404 || answer.status === 403) return { kind: 'absent' }
  if (!answer.ok) throw new Error(`answered ${answer.status}`)
  return { kind: 'found', text: await boundedText(answer, limits.maxBytes) }
}

/** The oldest goes when there are too many: addresses come from requests. */
function remember(known: Map<string, Remembered>, url: string, memory: Remembered): void {
  known.delete(url)
  known.set(url, memory)
  const [oldest] = known.keys()
  if (known.size > limits.keepDocuments && oldest !== undefined) known.delete(oldest)
}
