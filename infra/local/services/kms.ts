import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { operations, ServiceFault, text, type Json, type Target } from './aws-json.ts'
import { accountId, region } from './place.ts'
import type { State } from './state.ts'

const keys = 'kms-key'
const idBytes = 16
const nonceBytes = 12
const tagBytes = 16

/** Symmetric keys with real AES-256-GCM; the encryption context is authenticated, so another context cannot decrypt. */
export function kms(state: State): Target {
  const material = (id: string): Buffer => {
    const key = state.get(keys, id) as { material: string } | undefined
    if (!key) throw new ServiceFault('NotFoundException', `Key '${arnOf(id)}' does not exist`)
    return Buffer.from(key.material, 'base64')
  }
  const encrypt = (input: Json, plain: Buffer) => {
    const id = idOf(text(input, 'KeyId'))
    return { CiphertextBlob: seal(id, material(id), plain, input).toString('base64'), KeyId: arnOf(id) }
  }
  return operations('KMS', {
    CreateKey(input) {
      const id = typeof input['KeyId'] === 'string' ? input['KeyId'] : randomUUID()
      if (!state.get(keys, id)) state.put(keys, id, { material: randomBytes(32).toString('base64') })
      return { KeyMetadata: { KeyId: id, Arn: arnOf(id), Enabled: true } }
    },
    DescribeKey(input) {
      const id = idOf(text(input, 'KeyId'))
      material(id)
      return { KeyMetadata: { KeyId: id, Arn: arnOf(id), Enabled: true } }
    },
    Encrypt: (input) => encrypt(input, Buffer.from(text(input, 'Plaintext'), 'base64')),
    GenerateDataKey(input) {
      const plain = randomBytes(input['KeySpec'] === 'AES_128' ? 16 : 32)
      return { ...encrypt(input, plain), Plaintext: plain.toString('base64') }
    },
    Decrypt(input) {
      const blob = Buffer.from(text(input, 'CiphertextBlob'), 'base64')
      const id = uuidOf(blob)
      const asked = input['KeyId']
      if (typeof asked === 'string' && idOf(asked) !== id)
        throw new ServiceFault('IncorrectKeyException', 'The ciphertext was made by another key')
      return { Plaintext: open(blob, material(id), input).toString('base64'), KeyId: arnOf(id) }
    },
  })
}

const arnOf = (id: string): string => `arn:aws:kms:${region}:${accountId}:key/${id}`
const idOf = (keyId: string): string => keyId.split('/').at(-1) ?? keyId

/** Key id (16 bytes), nonce, tag, ciphertext. */
function seal(id: string, key: Buffer, plain: Buffer, input: Json): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(contextOf(input))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), nonce, cipher.getAuthTag(), sealed])
}

function open(blob: Buffer, key: Buffer, input: Json): Buffer {
  const nonce = blob.subarray(idBytes, idBytes + nonceBytes)
  const tag = blob.subarray(idBytes + nonceBytes, idBytes + nonceBytes + tagBytes)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(contextOf(input))
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(blob.subarray(idBytes + nonceBytes + tagBytes)), decipher.final()])
  } catch {
    throw new ServiceFault(
      'InvalidCiphertextException',
      'The ciphertext, its key or its encryption context differ',
    )
  }
}

const uuidOf = (blob: Buffer): string =>
  blob
    .subarray(0, idBytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** The context as one text: sorted, so that order does not matter, and quoted, so that no two contexts are alike. */
function contextOf(input: Json): Buffer {
  const context = (input['EncryptionContext'] ?? {}) as Record<string, string>
  const pairs = Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(JSON.stringify(pairs))
}
