import { BlockList, isIP } from 'node:net'

/**
 * Whether packets to this address leave for the public internet. What only looks public is judged by the address in it:
 * IPv4 in IPv6 (`::ffff:…`), NAT64 (`64:ff9b::…`). Names are no addresses: `false`.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4')
    case 6: {
      const embedded = ipv4Inside(address)
      if (embedded !== undefined) return !special4.check(embedded, 'ipv4')
      return global6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
    }
    default:
      return false
  }
}

/** Where clouds answer with credentials and machines talk to their neighbours: no setting ever opens these. */
export const isLinkLocal = (address: string): boolean => {
  const version = isIP(address)
  if (version === 0) return false
  const embedded = version === 6 ? ipv4Inside(address) : address
  return embedded === undefined ? linkLocal.check(address, 'ipv6') : linkLocal.check(embedded, 'ipv4')
}

const special4 = subnets('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 3],
])

const global6 = subnets('ipv6', [['2000::', 3]])

const special6 = subnets('ipv6', [
  // Protocol assignments, Teredo and ORCHID among them.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4: the address inside is another's to route.
  ['2002::', 16],
  ['3fff::', 20],
])

const linkLocal = subnets('ipv4', [['169.254.0.0', 16]])
linkLocal.addSubnet('fe80::', 10, 'ipv6')
// The instance's own services: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
linkLocal.addSubnet('fd00:ec2::', 32, 'ipv6')

function subnets(family: 'ipv4' | 'ipv6', list: readonly (readonly [string, number])[]): BlockList {
  const found = new BlockList()
  for (const [net, prefix] of list) found.addSubnet(net, prefix, family)
  return found
}

const mapped = subnets('ipv6', [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
])

/** The last 32 bits of an address that stands for an IPv4 one, as `a.b.c.d`. */
function ipv4Inside(address: string): string | undefined {
  const [bare = ''] = address.split('%')
  if (!mapped.check(bare, 'ipv6')) return undefined
  // The URL parser writes every spelling of an address in one way, without dots.
  const groups = new URL(`http://[${bare}]/`).hostname.slice(1, -1).split('::')
  const tail = (groups.at(-1) ?? '').split(':').map((group) => Number.parseInt(group || '0', 16))
  const [high, low] = [tail.at(-2) ?? 0, tail.at(-1) ?? 0]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
