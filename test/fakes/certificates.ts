import 'reflect-metadata'
import { KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate, its private key, and what it can issue others with. */
export interface Issued {
  readonly name: string
  readonly pem: string
  readonly privateKey: KeyObject
  readonly keys: webcrypto.CryptoKeyPair
}

interface IssueOptions {
  /** Missing: it signs itself. */
  readonly by?: Issued
  readonly isAuthority?: boolean
  readonly from?: string
  readonly until?: string
}

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const

/** A certificate for `commonName`, good from 2020 to 2045 unless it says otherwise. */
export async function issue(commonName: string, options: IssueOptions = {}): Promise<Issued> {
  const { by, isAuthority = false, from = '2020-01-01', until = '2045-01-01' } = options
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const name = `CN=${commonName}`
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: by?.name ?? name,
    publicKey: keys.publicKey,
    signingKey: (by?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(from),
    notAfter: new Date(until),
    extensions: [new x509.BasicConstraintsExtension(isAuthority)],
  })
  return { name, pem: certificate.toString('pem'), privateKey: KeyObject.from(keys.privateKey), keys }
}
