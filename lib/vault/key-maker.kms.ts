import { GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import { SluiceError } from '../errors/sluice-error.ts'
import { hashTuple } from '../primitives/bytes.ts'
import type { KeyMaker } from './key-wrap.ts'

export interface KmsKeyWrapOptions {
  readonly client: Pick<KMSClient, 'send'>
  /** ARN of the key. Named at each `Decrypt` too, so that no other key's blob is ever taken. */
  readonly keyId: string
}

/**
 * {@link KeyMaker} by AWS KMS. In a file of its own, so that a function that only seals has no `Decrypt` in its bundle.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export const kmsKeyMaker = ({ client, keyId: KeyId }: KmsKeyWrapOptions): KeyMaker => ({
  async generate(tenant) {
    const command = new GenerateDataKeyCommand({
      KeyId,
      KeySpec: 'AES_256',
      EncryptionContext: contextOf(tenant),
    })
    const { Plaintext, CiphertextBlob } = await client.send(command)
    return { plain: needed(Plaintext), wrapped: needed(CiphertextBlob) }
  },
})

/** The context stands in CloudTrail in the clear, so it names the tenant by a hash. */
export const contextOf = (tenant: string): Record<string, string> => ({
  'sluice:purpose': 'vault',
  'sluice:tenant': hashTuple('tenant', tenant).toString('base64url'),
})

export function needed(bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw new SluiceError('VAULT_UNAVAILABLE', 'KMS answered without a key')
  return bytes
}
