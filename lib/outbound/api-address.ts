import type { ApiDeclaration } from '../providers/api.ts'
import { baseUrlOf, type BaseUrlSources } from './base-url.ts'
import type { ApiAddress } from './outgoing.ts'

/**
 * Where a connection's calls may go: any of the provider's own origins; plain HTTP and private hosts only where the operator
 * names them.
 * @throws SluiceError `MISCONFIGURED` when the base is unknown or something about it is.
 */
export function addressOf(api: ApiDeclaration, sources: BaseUrlSources): ApiAddress {
  const { base, fromEnvironment } = sources
  const unmoved = (name: string): string | undefined =>
    name.endsWith('_BASE_URL') ? undefined : fromEnvironment(name)
  const chosen = baseUrlOf(api, sources)
  const bases = [...new Set([base, ...Object.keys(api.otherBaseUrls ?? {})])].flatMap((name) => {
    const [to] = unlessUnknown(() => baseUrlOf(api, { ...sources, base: name }))
    const [from] = unlessUnknown(() => baseUrlOf(api, { ...sources, base: name, fromEnvironment: unmoved }))
    return to === undefined ? [] : [{ from, to }]
  })
  const moved = bases.flatMap(({ from, to }) => (from === undefined || from === to ? [] : [{ from, to }]))
  return {
    base: chosen,
    origins: new Set(bases.map(({ to }) => new URL(to).origin)),
    trusted: bases[0]?.from !== chosen,
    // The longest first: one base may be inside another.
    moved: moved.toSorted((one, other) => other.from.length - one.from.length),
  }
}

/** Another base of the API may want to know what this connection does not say. */
function unlessUnknown(address: () => string): readonly string[] {
  try {
    return [address()]
  } catch {
    return []
  }
}
