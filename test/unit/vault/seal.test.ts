import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SluiceError } from '#lib/errors/sluice-error.ts'
import { seededRandom, systemRandom } from '#lib/primitives/random.ts'
import { epochOf, open, seal, type DataKey, type SealContext } from '#lib/vault/seal.ts'

const keyOf = (fill: number, epoch = 1): DataKey => ({ epoch, key: createSecretKey(Buffer.alloc(32, fill)) })
const key = keyOf(1)
const context: SealContext = {
  tenant: 'acme',
  provider: 'sandbox',
  connection: 'conn_1',
  field: 'tokens',
  schema: 1,
}
const plaintext = Buffer.from('{"accessToken":"canary"}')
const sealed = seal(key, context, plaintext, seededRandom(1))

const refusal = (task: () => unknown): string => {
  try {
    task()
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError)
    expect((error as SluiceError).message).not.toContain('canary')
    return (error as SluiceError).code
  }
  throw new Error('it opened')
}

describe('a sealed value', () => {
  test('opens with its key, in its context', () => {
    expect(open(key, context, sealed)).toEqual(plaintext)
    expect(epochOf(sealed)).toBe(1)
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('canary')
  })

  test('has the form that docs/vault-format.md says', () => {
    expect(sealed[0]).toBe(1)
    expect(Buffer.from(sealed).readUInt32BE(1)).toBe(1)
    expect(sealed.byteLength).toBe(1 + 4 + 16 + 32 + plaintext.byteLength + 16)
  })

  test('is another each time', () => {
    const again = [1, 2].map(() => Buffer.from(seal(key, context, plaintext, systemRandom)).toString('hex'))
    expect(again[0]).not.toBe(again[1])
  })

  test('B129: does not open once a single bit of it is changed, wherever', () => {
    for (let i = 0; i < sealed.byteLength; i += 1) {
      for (const bit of [1, 128]) {
        const changed = Uint8Array.from(sealed)
        changed[i] = (changed[i] ?? 0) ^ bit
        expect(
          refusal(() => open(key, context, changed)),
          `byte ${i}`,
        ).toBe('SEAL_BROKEN')
      }
    }
  })

  test.each([
    ['cut', sealed.subarray(0, -1)],
    ['cut to its head', sealed.subarray(0, 20)],
    ['empty', new Uint8Array()],
    ['longer', Buffer.concat([sealed, Buffer.of(0)])],
    [
      'text',
      Buffer.from('not sealed at all, but long enough to be taken for something that is, one might think'),
    ],
  ])('B129: does not open when it is %s', (_name, bytes) => {
    expect(refusal(() => open(key, context, bytes))).toBe('SEAL_BROKEN')
  })

  test.each(['tenant', 'provider', 'connection', 'field'] as const)(
    'I22, M27: does not open for another %s',
    (name) => expect(refusal(() => open(key, { ...context, [name]: 'other' }, sealed))).toBe('SEAL_BROKEN'),
  )

  test('does not open for names that run together to the same text, or as another schema', () => {
    const shifted = { ...context, tenant: 'acmes', provider: 'andbox' }
    expect(refusal(() => open(key, shifted, sealed))).toBe('SEAL_BROKEN')
    expect(refusal(() => open(key, { ...context, schema: 2 }, sealed))).toBe('SEAL_BROKEN')
  })

  test('does not open with another key, nor with the same key of another epoch', () => {
    expect(refusal(() => open(keyOf(2), context, sealed))).toBe('SEAL_BROKEN')
    expect(refusal(() => open(keyOf(1, 2), context, sealed))).toBe('SEAL_BROKEN')
  })
})
