import { lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { SluiceError } from '../errors/sluice-error.ts'
import { checkAddress, checkDestination } from './destination.ts'
import type { OpenSocket, Socket, SocketAddress } from './socket.ts'

export interface HttpsSocketOptions {
  /** Whether the operator named the address: loopback and plain `ws:` are allowed. Default no. */
  readonly trusted?: boolean
  /** Every address of a name. Default: the system's. */
  readonly lookup?: (hostname: string) => Promise<readonly { readonly address: string }[]>
  /** Default: Node's own `WebSocket`. */
  readonly construct?: (address: SocketAddress) => Socket
}

/**
 * {@link OpenSocket} over Node's own `WebSocket`. Every address that the name leads to is judged before; the constructor looks
 * the name up once more, so that a name which changes its mind in between is not caught.
 */
export function httpsSockets(options: HttpsSocketOptions = {}): OpenSocket {
  const { trusted = false, lookup = everyAddress, construct = native } = options
  return async (address) => {
    const url = new URL(address.url)
    if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
      throw new SluiceError('ADDRESS_REFUSED', 'the address is none of a WebSocket: Sluice does not call it')
    checkDestination(new URL(url.href.replace(/^ws/, 'http')), trusted)
    if (isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0)
      for (const found of await resolved(url.hostname, lookup)) checkAddress(found.address, trusted)
    return construct({ ...address, url })
  }
}

const everyAddress = (hostname: string) => systemLookup(hostname, { all: true })

async function resolved(hostname: string, lookup: NonNullable<HttpsSocketOptions['lookup']>) {
  try {
    return await lookup(hostname)
  } catch (cause) {
    throw new SluiceError('DESTINATION_UNAVAILABLE', 'the name has no address', { cause })
  }
}

const native = ({ url, protocols = [], headers = {} }: SocketAddress): Socket =>
  new WebSocket(url, { protocols: [...protocols], headers: { ...headers } })
