import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { systemRandom } from '#lib/primitives/random.ts'
import { open, seal } from '#lib/vault/seal.ts'
import { interleaved, type Case } from './measure.ts'
import { fixed, table } from './table.ts'

const sizes = [
  { name: '1 KB', bytes: 1_024 },
  { name: '8 KB', bytes: 8_192 },
] as const

const context = { tenant: 'acme', provider: 'sandbox', connection: 'conn_1', field: 'tokens', schema: 1 }

/** Sealing and opening with a key at hand, against bare AES-256-GCM, JWE by jose and the AWS Encryption SDK. */
export async function benchVault(): Promise<string> {
  const rows: string[][] = []
  for (const { name, bytes } of sizes) {
    for (const cases of await casesOf(bytes)) {
      const timings = await interleaved(cases, { rounds: 9, sliceMs: 40 })
      for (const { name: what, microsPerRun, speed } of timings)
        rows.push([`${name.padEnd(5)} ${what}`, fixed(microsPerRun), fixed(speed)])
    }
  }
  return table(['vault', 'us', 'speed, raw = 1'], rows)
}

async function casesOf(bytes: number): Promise<Case[][]> {
  const plain = randomBytes(bytes)
  const raw = randomBytes(32)
  const key = createSecretKey(raw)
  const dataKey = { epoch: 1, key }
  const header = { alg: 'dir', enc: 'A256GCM' } as const
  const jwe = await new CompactEncrypt(plain).setProtectedHeader(header).encrypt(raw)
  const sdk = await encryptionSdk(raw, plain)
  const sealed = seal(dataKey, context, plain, systemRandom)
  const bare = encrypt(key, plain)
  return [
    [
      { name: 'raw AES-256-GCM, encrypt', run: () => encrypt(key, plain) },
      { name: 'sluice seal', run: () => seal(dataKey, context, plain, systemRandom) },
      {
        name: 'jose JWE dir, encrypt',
        run: () => new CompactEncrypt(plain).setProtectedHeader(header).encrypt(raw),
      },
      { name: 'AWS Encryption SDK, encrypt', run: sdk.encrypt },
    ],
    [
      { name: 'raw AES-256-GCM, decrypt', run: () => decrypt(key, bare) },
      { name: 'sluice open', run: () => open(dataKey, context, sealed) },
      { name: 'jose JWE dir, decrypt', run: () => compactDecrypt(jwe, raw) },
      { name: 'AWS Encryption SDK, decrypt', run: sdk.decrypt },
    ],
  ]
}

/**
 * With a wrapping key at hand, as Sluice has its data key; by the suite that commits to its key and does not sign, which is
 * what a sealed value is.
 */
async function encryptionSdk(raw: Buffer, plain: Uint8Array) {
  const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyName: 'bench',
    keyNamespace: 'sluice',
    unencryptedMasterKey: Uint8Array.from(raw),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  const { schema, ...texts } = context
  const encryptionContext = { ...texts, schema: `${schema}` }
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
  const seals = () => client.encrypt(keyring, plain, { encryptionContext, suiteId })
  const { result } = await seals()
  const opens = () => client.decrypt(keyring, result)
  if (!(await opens()).plaintext.equals(plain)) throw new Error('what was encrypted does not open')
  return { encrypt: seals, decrypt: opens }
}

function encrypt(key: ReturnType<typeof createSecretKey>, plain: Uint8Array): Buffer {
  const nonce = Buffer.from(systemRandom.bytes(12))
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: ReturnType<typeof createSecretKey>, bytes: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
}
