import { DecryptCommand } from '@aws-sdk/client-kms'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { contextOf, kmsKeyMaker, needed, type KmsKeyWrapOptions } from './key-maker.kms.ts'
import type { KeyWrap } from './key-wrap.ts'

/** What KMS says of bytes that it did not wrap, or not for this tenant. */
const notOurs = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

/** {@link KeyWrap} by AWS KMS. */
export function kmsKeyWrap(options: KmsKeyWrapOptions): KeyWrap {
  const { client, keyId: KeyId } = options
  return {
    ...kmsKeyMaker(options),
    async unwrap(tenant, wrapped) {
      const EncryptionContext = contextOf(tenant)
      const command = new DecryptCommand({ KeyId, CiphertextBlob: wrapped, EncryptionContext })
      try {
        return needed((await client.send(command)).Plaintext)
      } catch (cause) {
        if (!notOurs.has(errorName(cause) ?? '')) throw cause
        throw new SluiceError('SEAL_BROKEN', 'a data key does not open here', { cause })
      }
    },
  }
}
