import { oauth as limits } from '../config/defaults.ts'
import { describeError } from '../errors/sluice-error.ts'
import { elapsed, type EpochMs } from '../primitives/clock.ts'
import type { ConnectGrant, OAuthCode } from '../providers/auth.ts'
import type { Log } from '../telemetry/log.ts'
import type { AskDeps } from './ask-provider.ts'
import { addressesOf, hasBlank, type SettingOf } from './fill-in.ts'
import type { ServerMetadata } from './metadata.ts'

export interface DiscoveryDeps extends AskDeps {
  readonly log: Log
}

/** What a provider's declaration does not say, and its issuer or its registration does. */
type Located = Partial<
  Pick<OAuthCode, 'authorizeUrl' | 'tokenUrl' | 'revokeUrl' | 'issuer' | 'discovery' | 'clientAssertion'>
>

/**
 * Finds a provider's addresses: in the metadata of its issuer where `{PROVIDER}_ISSUER` or its declaration names one, else in
 * the declaration. An issuer comes from the operator alone, never from a request. Metadata is kept for an hour and used
 * further while it can't be had anew; what fails is not asked for again within a minute. Addresses of the registration win.
 * @throws SluiceError as `readMetadata`, while there is none.
 */
export function discoverer(deps: DiscoveryDeps) {
  const metadataOf = kept(deps)
  return async (auth: ConnectGrant, value: SettingOf): Promise<Located | undefined> => {
    if (auth.kind !== 'oauth2-code') return addressesOf(auth, value)
    const issuer = value('ISSUER') ?? auth.discovery?.issuer
    if (issuer === undefined) return addressesOf(auth, value)
    if (hasBlank(issuer)) return undefined
    const { authorizeUrl, tokenUrl, revokeUrl, namesItself } = await metadataOf(issuer)
    const addresses = addressesOf({ authorizeUrl, tokenUrl, revokeUrl }, value)
    return (
      addresses && {
        ...addresses,
        discovery: { issuer },
        ...(namesItself && { issuer }),
        // A declared audience is the issuer; this is the one that was found.
        ...(auth.clientAssertion?.audience !== undefined && { clientAssertion: { audience: issuer } }),
      }
    )
  }
}

interface Entry {
  readonly found?: ServerMetadata
  readonly error?: unknown
  /** When it was asked for. */
  readonly at: EpochMs
  /** The request that is under way. */
  readonly asking?: Promise<ServerMetadata>
}

function kept(deps: DiscoveryDeps): (issuer: string) => Promise<ServerMetadata> {
  const known = new Map<string, Entry>()
  return (issuer) => {
    const entry = known.get(issuer)
    if (entry?.asking) return entry.asking
    const lifetime = entry?.error === undefined ? limits.metadataMs : limits.metadataCooldownMs
    if (entry && elapsed(entry.at, deps.clock.now()) < lifetime) return said(entry)
    const at = deps.clock.now()
    const renew = async (): Promise<ServerMetadata> => {
      const next = { ...(await ask(issuer, entry?.found, deps)), at }
      known.set(issuer, next)
      return said(next)
    }
    const asking = renew()
    known.set(issuer, { ...entry, at, asking })
    return asking
  }
}

const said = async ({ found, error }: Entry): Promise<ServerMetadata> => {
  if (found) return found
  throw error
}

/** The metadata; the old one, with the error, where there is no new one. */
async function ask(
  issuer: string,
  old: ServerMetadata | undefined,
  deps: DiscoveryDeps,
): Promise<Pick<Entry, 'found' | 'error'>> {
  try {
    // Loaded when it is wanted: most providers' addresses are known.
    const { readMetadata } = await import('./metadata.ts')
    return { found: await readMetadata(issuer, deps) }
  } catch (error) {
    deps.log('warn', 'metadata of an issuer could not be read', {
      error: describeError(error),
      ...(old && { reason: 'the old one is used further' }),
    })
    return { error, ...(old && { found: old }) }
  }
}
