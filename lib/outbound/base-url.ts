import { shout } from '../config/names.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import type { ApiDeclaration } from '../providers/api.ts'

export interface BaseUrlSources {
  readonly provider: string
  /** Which of the provider's bases; the first without it. */
  readonly base?: string | undefined
  /** What the connection knows: `realmId`, `domain`, `project_id`. It wins over the environment. */
  readonly params?: Readonly<Record<string, string>>
  /** Environment variables: `{PROVIDER}_BASE_URL` and `{PROVIDER}_{PARAM}`. */
  readonly fromEnvironment: (name: string) => string | undefined
}

/**
 * Where calls of a connection go, without a slash at its end. `{PROVIDER}_BASE_URL` (or `{PROVIDER}_{BASE}_BASE_URL`) takes
 * the place of what is declared. A value fills one label of a host or one segment of a path, or a whole host where the
 * declaration's host is nothing but it: it can never lead a credential elsewhere.
 * @throws {SluiceError} MISCONFIGURED when a base is unknown or a value is missing or unfit.
 */
export function baseUrlOf(api: ApiDeclaration, sources: BaseUrlSources): string {
  const { provider, base, fromEnvironment } = sources
  const declared = base === undefined ? api.baseUrl : own(api.otherBaseUrls, base)
  if (declared === undefined) throw misconfigured(provider, `it has no base "${base}"`)
  const name = [provider, ...(base === undefined ? [] : [base]), 'base-url'].map(shout).join('_')
  const template = fromEnvironment(name) ?? declared
  const hostEnd = template.indexOf('/', template.indexOf('://') + 3)
  const filled = template.replaceAll(/\{(\w+)\}/g, (whole, param: string, at: number) => {
    const value = own(sources.params, param) ?? fromEnvironment(`${shout(provider)}_${param.toUpperCase()}`)
    if (value === undefined) throw misconfigured(provider, `nothing says its "${param}"`)
    const inHost = hostEnd < 0 || at < hostEnd
    const wholeHost = template.slice(0, hostEnd < 0 ? undefined : hostEnd).endsWith(`://${whole}`)
    if (!(inHost ? (wholeHost ? host : label) : segment).test(value))
      throw misconfigured(provider, `its "${param}" does not fit into an address`)
    return inHost ? value : encodeURIComponent(value)
  })
  return checked(provider, filled)
}

/** A host by its name, as the registries write it; no port, no address in digits. */
const host = /^(?!\d+(?:\.\d+)*$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/i
const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i
/** No dots alone, and nothing that an address gives a meaning. */
const segment = /^(?!\.{1,2}$)[\w.~-]{1,128}$/

function checked(provider: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw misconfigured(provider, 'its base is no plain http address')
  return url.href.replace(/\/+$/, '')
}

const own = (values: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  values && Object.hasOwn(values, name) && values[name] !== '' ? values[name] : undefined

const misconfigured = (provider: string, why: string): SluiceError =>
  new SluiceError('MISCONFIGURED', `no address for calls of ${provider}: ${why}`)
