import { oidc as limits } from '../config/defaults.ts'
import type { ConsoleClient, Oidc } from '../config/oidc.ts'
import { describeError } from '../errors/sluice-error.ts'
import { boundedText } from '../primitives/bounded-text.ts'
import { elapsed, type Clock, type EpochMs } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { Secret } from '../primitives/secret.ts'
import type { Log } from '../telemetry/log.ts'
import { endpointOf, readIssuerMetadata, type IssuerMetadata } from './issuer-metadata.ts'
import type { Issuer } from './issuer.ts'

export interface HttpsIssuerClientOptions {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Log
  /** The client's secret at the issuer; asked for only where the client has one. */
  readonly secret: () => Promise<Secret | undefined>
}

/** {@link Issuer} by `fetch`: no redirect is followed, and at most 64 KB of an answer are read, for three seconds. */
export function httpsIssuer(
  config: Pick<Oidc, 'issuer'> & { readonly console: ConsoleClient },
  options: HttpsIssuerClientOptions,
): Issuer {
  const { log } = options
  const ask = bounded(options)
  const metadata = kept(async () => readIssuerMetadata(config.issuer, ask.json), options)
  return {
    async addresses() {
      const known = await metadata()
      const authorizeUrl = known && endpointOf(known, 'authorization_endpoint')
      if (!known || authorizeUrl === undefined) return undefined
      return { authorizeUrl, endSessionUrl: endpointOf(known, 'end_session_endpoint') }
    },
    async exchange(answer) {
      const known = await metadata()
      const tokenUrl = known && endpointOf(known, 'token_endpoint')
      if (!known || tokenUrl === undefined) return { kind: 'unavailable' }
      // Loaded when someone signs in: the API has no use for it.
      const { exchangeCode } = await import('./exchange-code.ts')
      const server = {
        issuer: config.issuer,
        token_endpoint: tokenUrl,
        authorization_response_iss_parameter_supported:
          known['authorization_response_iss_parameter_supported'] === true,
      }
      try {
        const secret = config.console.clientAuth === 'none' ? undefined : await options.secret()
        return await exchangeCode(answer, { server, client: config.console, secret, send: ask.raw })
      } catch (error) {
        log('warn', 'the issuer of tokens could not be asked for one', { error: describeError(error) })
        return { kind: 'unavailable' }
      }
    },
  }
}

/** What was read last, for an hour; stale for a day where there is nothing newer, and asked for again only after a while. */
function kept(
  read: () => Promise<IssuerMetadata>,
  { clock, log }: HttpsIssuerClientOptions,
): () => Promise<IssuerMetadata | undefined> {
  let held: { readonly value: IssuerMetadata; readonly at: EpochMs } | undefined
  let askedAt: EpochMs | undefined
  let running: Promise<void> | undefined
  const renew = async (): Promise<void> => {
    askedAt = clock.now()
    try {
      held = { value: await read(), at: askedAt }
    } catch (error) {
      log('warn', 'metadata of the issuer of tokens could not be read', { error: describeError(error) })
    } finally {
      running = undefined
    }
  }
  return async () => {
    const age = held ? elapsed(held.at, clock.now()) : Infinity
    const isOwed = askedAt === undefined || elapsed(askedAt, clock.now()) >= limits.retryMs
    if (age >= limits.keepMs && isOwed && !running) running = renew()
    if (age >= limits.keepMs) await running
    return held && elapsed(held.at, clock.now()) < limits.staleMs ? held.value : undefined
  }
}

function bounded({ clock, fetch: send }: HttpsIssuerClientOptions) {
  const raw = async (url: string, init: RequestInit): Promise<{ status: number; text: string }> => {
    const deadline = deadlineAfter(clock, limits.requestMs)
    const { signal } = deadline
    const read = async () => {
      const answer = await send(url, { ...init, redirect: 'error', signal })
      return { status: answer.status, text: await boundedText(answer, limits.maxAnswerBytes) }
    }
    try {
      return await raceSignal(read(), signal)
    } finally {
      deadline.end()
    }
  }
  const json = async (url: string): Promise<unknown> => {
    const { status, text } = await raw(url, { headers: { accept: 'application/json' } })
    if (status !== 200) throw new Error(`answered ${status}`)
    try {
      return JSON.parse(text)
    } catch {
      // The parser's own message would quote the answer.
      throw new Error('answered with no JSON')
    }
  }
  return { raw, json }
}
