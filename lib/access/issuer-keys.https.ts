import { oidc as limits } from '../config/defaults.ts'
import type { Oidc } from '../config/oidc.ts'
import { describeError } from '../errors/sluice-error.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { Log } from '../telemetry/log.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import { discoverJwksUrl } from './issuer-metadata.ts'
import { keySetOf, type KeySet } from './key-set.ts'

export interface HttpsIssuerOptions {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Log
}

/** {@link IssuerKeys} by `fetch`, once at a time. No redirect is followed and at most 64 KB of an answer are read. */
export function httpsIssuerKeys(
  config: Pick<Oidc, 'issuer' | 'jwksUrl' | 'algorithms'>,
  options: HttpsIssuerOptions,
): IssuerKeys {
  const { clock, log } = options
  let held: { readonly keys: KeySet; readonly at: EpochMs } | undefined
  let askedAt: EpochMs | undefined
  let running: Promise<void> | undefined

  const age = (): number => (held ? elapsed(held.at, clock.now()) : Infinity)
  const mayAsk = (): boolean =>
    askedAt === undefined ||
    elapsed(askedAt, clock.now()) >= (age() < limits.staleMs ? limits.cooldownMs : limits.retryMs)
  const ask = async (): Promise<void> => {
    askedAt = clock.now()
    try {
      held = { keys: await load(config, options), at: askedAt }
    } catch (error) {
      log('warn', 'the keys of the issuer of tokens could not be read', { error: describeError(error) })
    } finally {
      running = undefined
    }
  }
  const newer = async (): Promise<KeySet | undefined> => {
    if (!running && mayAsk()) running = ask()
    await running
    return age() < limits.staleMs ? held?.keys : undefined
  }
  return {
    current: async () => (age() < limits.keepMs ? held?.keys : newer()),
    newer,
  }
}

async function load(
  { issuer, jwksUrl, algorithms }: Pick<Oidc, 'issuer' | 'jwksUrl' | 'algorithms'>,
  { clock, fetch: send }: HttpsIssuerOptions,
): Promise<KeySet> {
  const deadline = deadlineAfter(clock, limits.requestMs)
  const { signal } = deadline
  const read = async (url: string): Promise<unknown> => {
    const answer = await send(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
    if (!answer.ok) throw new Error(`answered ${answer.status}`)
    return parsed(await boundedText(answer, limits.maxAnswerBytes))
  }
  const readKeys = async () =>
    keySetOf(await read(jwksUrl ?? (await discoverJwksUrl(issuer, read))), algorithms)
  try {
    const keys = await raceSignal(readKeys(), signal)
    if (!keys) throw new Error('answered with no key set')
    return keys
  } finally {
    deadline.end()
  }
}

/** The parser's own message would quote the answer. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('answered with no JSON')
  }
}
