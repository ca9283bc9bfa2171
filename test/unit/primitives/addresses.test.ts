import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLinkLocal, isPublicAddress } from '#lib/primitives/addresses.ts'

describe('an address', () => {
  test.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    '%s is of the public internet',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '169.254.170.2',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::808:808',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:808:808::',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '',
    '127.1',
  ])('B095-B097: %s is not', (address) => expect(isPublicAddress(address)).toBe(false))

  test.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254'])(
    '%s is one that no setting opens',
    (address) => expect(isLinkLocal(address)).toBe(true),
  )

  test.each(['127.0.0.1', '10.0.0.1', '::1', '8.8.8.8', 'fd00::1', 'localhost'])(
    '%s is not link-local',
    (address) => expect(isLinkLocal(address)).toBe(false),
  )

  test('is judged alike alone, mapped into IPv6, and behind NAT64', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const octets = address.split('.').map(Number)
        const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join('')
        const inside = `${hex.slice(0, 4)}:${hex.slice(4)}`
        const alone = isPublicAddress(address)
        expect(isPublicAddress(`::ffff:${address}`)).toBe(alone)
        expect(isPublicAddress(`::ffff:${inside}`)).toBe(alone)
        expect(isPublicAddress(`64:ff9b::${inside}`)).toBe(alone)
      }),
      { numRuns: 5_000, seed: 7 },
    )
  })
})
