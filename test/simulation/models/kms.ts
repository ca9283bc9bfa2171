import { createCipheriv, createDecipheriv } from 'node:crypto'
import type {
  DecryptCommandInput,
  EncryptCommandInput,
  GenerateDataKeyCommandInput,
} from '@aws-sdk/client-kms'
import type { Random } from '#lib/primitives/random.ts'
import { serviceError, type Command, type Model } from './model.ts'

type Context = Readonly<Record<string, string>> | undefined

/**
 * One symmetric KMS key. The encryption context is additional data: a blob opens under the very context it was made with.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export function simKms(random: Random): Model {
  const key = Buffer.from(random.bytes(32))
  const encrypt = (plain: Uint8Array, context: Context): Uint8Array => {
    const nonce = Buffer.from(random.bytes(12))
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(canonical(context))
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }
  const decrypt = (blob: Uint8Array, context: Context): Uint8Array => {
    const bytes = Buffer.from(blob)
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(canonical(context))
    decipher.setAuthTag(bytes.subarray(-16))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    } catch {
      throw serviceError('InvalidCiphertextException', 'the blob does not open under this context')
    }
  }
  const operations: Readonly<Record<string, (input: never) => object>> = {
    GenerateDataKeyCommand: ({ EncryptionContext }: GenerateDataKeyCommandInput) => {
      const Plaintext = random.bytes(32)
      return { Plaintext, CiphertextBlob: encrypt(Plaintext, EncryptionContext) }
    },
    EncryptCommand: ({ Plaintext, EncryptionContext }: EncryptCommandInput) => ({
      CiphertextBlob: encrypt(Plaintext ?? new Uint8Array(), EncryptionContext),
    }),
    DecryptCommand: ({ CiphertextBlob, EncryptionContext }: DecryptCommandInput) => ({
      Plaintext: decrypt(CiphertextBlob ?? new Uint8Array(), EncryptionContext),
    }),
  }
  return {
    apply(command: Command) {
      const operation = operations[command.constructor.name]
      if (!operation) throw serviceError('UnsupportedOperationException', command.constructor.name)
      return operation(command.input as never)
    },
  }
}

const canonical = (context: Context = {}): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))))
