import { EncryptCommand } from '@aws-sdk/client-kms'
import { contextOf, needed, type KmsKeyWrapOptions } from './key-maker.kms.ts'
import { kmsKeyWrap } from './key-wrap.kms.ts'
import type { KeyRewrap } from './key-wrap.ts'

/** {@link KeyRewrap} by AWS KMS: what was wrapped by an older backing key is wrapped by the newest. */
export function kmsKeyRewrap(options: KmsKeyWrapOptions): KeyRewrap {
  const wrap = kmsKeyWrap(options)
  const { client, keyId: KeyId } = options
  return {
    async rewrap(tenant, wrapped) {
      const Plaintext = await wrap.unwrap(tenant, wrapped)
      const command = new EncryptCommand({ KeyId, Plaintext, EncryptionContext: contextOf(tenant) })
      return needed((await client.send(command)).CiphertextBlob)
    },
  }
}
