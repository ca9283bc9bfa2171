import { describe, expect, test } from 'vitest'
import { toConnection, type Item } from '#lib/vault/connection.dynamo.ts'

/** Connections as each version has written them, oldest first; none of them is ever changed. */
const written: readonly { readonly what: string; readonly item: Item; readonly kind: string }[] = [
  {
    what: 'before there were keys, with the least that it can have',
    item: {
      pk: { S: 'connection#conn_1' },
      sk: { S: 'connection' },
      v: { N: '1' },
      id: { S: 'conn_1' },
      tenant: { S: 'acme' },
      provider: { S: 'slack' },
      account: { S: 'T1' },
      st: { S: 'active' },
      version: { N: '3' },
      tokens: { B: new Uint8Array([1]) },
    },
    kind: 'oauth',
  },
  {
    what: 'with its kind',
    item: {
      pk: { S: 'connection#conn_2' },
      sk: { S: 'connection' },
      v: { N: '1' },
      id: { S: 'conn_2' },
      tenant: { S: 'acme' },
      provider: { S: 'sendgrid' },
      account: { S: 'default' },
      st: { S: 'active' },
      kind: { S: 'key' },
      fingerprint: { S: 'abcd' },
      scopes: { S: '' },
      connectedAt: { N: '5' },
      obtainedAt: { N: '5' },
      version: { N: '1' },
      leaseUntil: { N: '0' },
      failures: { N: '0' },
      tokens: { B: new Uint8Array([2]) },
    },
    kind: 'key',
  },
]

describe('B130: a connection that an earlier version wrote', () => {
  test.each(written)('$what is read', ({ item, kind }) => {
    expect(toConnection(item)).toMatchObject({
      id: item['id']?.S,
      kind,
      state: 'active',
      tokens: item['tokens']?.B,
    })
  })

  test('of no version that ever was is refused', () => {
    for (const { item } of written) {
      const later = { ...item, v: { N: '2' } }
      expect(() => toConnection(later)).toThrow(expect.objectContaining({ code: 'RECORD_CORRUPT' }))
    }
  })
})
