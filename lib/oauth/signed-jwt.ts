import { constants, createPrivateKey, sign, type KeyObject } from 'node:crypto'
import type { Secret } from '../primitives/secret.ts'

/** A private key of this deployment, in PEM. */
export interface SigningKey {
  readonly pem: Secret
  /** What the receiver calls it. */
  readonly id?: string
}

/**
 * A JWT in compact form. The key says how it is signed: RS256, PS256 (a key for RSASSA-PSS), ES256 (P-256) or EdDSA.
 * @throws Error for what is no such key; its message may quote it
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1
 */
export function signedJwt(claims: Readonly<Record<string, unknown>>, { pem, id }: SigningKey): string {
  // One line is how a PEM gets into an environment variable.
  const key = createPrivateKey(pem.reveal().replaceAll(String.raw`\n`, '\n'))
  const { alg, signature } = algorithmOf(key)
  const header = { alg, typ: 'JWT', ...(id !== undefined && { kid: id }) }
  const signed = `${encoded(header)}.${encoded(claims)}`
  return `${signed}.${signature(Buffer.from(signed)).toString('base64url')}`
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

interface Algorithm {
  readonly alg: string
  readonly signature: (bytes: Buffer) => Buffer
}

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1 */
function algorithmOf(key: KeyObject): Algorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa') return { alg: 'RS256', signature: (bytes) => sign('sha256', bytes, key) }
  if (type === 'rsa-pss') {
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    return { alg: 'PS256', signature: (bytes) => sign('sha256', bytes, pss) }
  }
  if (type === 'ec' && details?.namedCurve === 'prime256v1')
    return {
      alg: 'ES256',
      signature: (bytes) => sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }),
    }
  if (type === 'ed25519') return { alg: 'EdDSA', signature: (bytes) => sign(null, bytes, key) }
  throw new Error('a key of this kind signs no JWT here')
}
