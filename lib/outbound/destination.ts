import { isIP } from 'node:net'
import { SluiceError } from '../errors/sluice-error.ts'
import { isLinkLocal, isPublicAddress } from '../primitives/addresses.ts'

/** Ports at which public APIs answer. Others are those of mail, shells and databases. */
const ports = new Set(['', '443', '8443'])

/**
 * What can be said of an address before its name is looked up: HTTPS, a public host, a port of the web, no credentials. Of
 * an origin that the operator named only that it is of the web and no metadata service.
 * @throws SluiceError `ADDRESS_REFUSED`
 */
export function checkDestination(url: URL, trusted: boolean): void {
  if (url.protocol !== 'https:' && !(trusted && url.protocol === 'http:'))
    throw refused('is not an https address')
  if (url.username !== '' || url.password !== '') throw refused('carries credentials')
  if (!trusted && !ports.has(url.port)) throw refused('names a port that is not of the web')
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0) checkAddress(literal, trusted)
}

/**
 * What can be said of an address that a name was looked up to, or that stands in a URL.
 * @throws SluiceError `ADDRESS_REFUSED`
 */
export function checkAddress(address: string, trusted: boolean): void {
  if (isLinkLocal(address) || !(trusted || isPublicAddress(address)))
    throw refused('is not on the public internet')
}

const refused = (why: string): SluiceError =>
  new SluiceError('ADDRESS_REFUSED', `the address ${why}: Sluice does not call it`)
