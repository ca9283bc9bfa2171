import { isSecureUrl } from '../primitives/secure-url.ts'

/** Reads a JSON document; throws where none can be had. */
export type ReadJson = (url: string) => Promise<unknown>

/** What an issuer says of itself. */
export interface IssuerMetadata {
  readonly [name: string]: unknown
  readonly issuer: string
}

/** Where the issuer says that its keys are. @throws {Error} as {@link readIssuerMetadata}, or where it does not say. */
export async function discoverJwksUrl(issuer: string, read: ReadJson): Promise<string> {
  const url = endpointOf(await readIssuerMetadata(issuer, read), 'jwks_uri')
  if (url === undefined) throw new Error('the metadata name no https address for the keys')
  return url
}

/** An address among the metadata; `undefined` where there is none, or none that is as safe as the issuer's. */
export function endpointOf(metadata: IssuerMetadata, name: string): string | undefined {
  const url = metadata[name]
  const isSafe = typeof url === 'string' && isSecureUrl(url) && (!isHttps(metadata.issuer) || isHttps(url))
  return isSafe ? url : undefined
}

/**
 * The issuer's OpenID Connect metadata, else that of RFC 8414. Metadata that names another issuer is not believed in anything.
 * @throws {Error} where neither document can be had, or the one that can is not to be believed
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
 */
export async function readIssuerMetadata(issuer: string, read: ReadJson): Promise<IssuerMetadata> {
  const [first, second] = metadataUrls(issuer)
  const metadata = (await read(first).catch(() => read(second))) as Readonly<Record<string, unknown>> | null
  if (metadata?.['issuer'] !== issuer) throw new Error('the metadata are of another issuer')
  return { ...metadata, issuer }
}

function metadataUrls(issuer: string): readonly [openid: string, oauth: string] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

const isHttps = (url: string): boolean => URL.parse(url)?.protocol === 'https:'
