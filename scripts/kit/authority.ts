import 'reflect-metadata'
import { KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { noSite, type SenderSite } from '#lib/webhooks/sender-site.ts'

/** A certificate with its private key. */
export interface Certified {
  readonly pem: string
  readonly privateKey: KeyObject
}

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const
const validity = { notBefore: new Date('2020-01-01'), notAfter: new Date('2045-01-01') }

interface Issuer {
  readonly name: string
  readonly keys: webcrypto.CryptoKeyPair
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const rootName = 'CN=Root of the kit'
const root = newKeys().then((keys) => ({ name: rootName, keys }))
const rootPem = root.then(async ({ name, keys }) => {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true)],
    ...validity,
  })
  return certificate.toString('pem')
})

/** Where a chain of the kit may end. */
export const kitRoots: string[] = []
/** What the kit's senders publish, by address. */
const published = new Map<string, string>()
/** Every address that was called because a message asked for it. */
export const visited: string[] = []

export const publish = (url: string, text: string): void => void published.set(url, text)

/** The site of every sender of the kit. */
export const kitSite: SenderSite = {
  ...noSite,
  document: async (url) => {
    const text = published.get(url)
    return text === undefined ? { kind: 'absent' } : { kind: 'found', text }
  },
  visit: async (url) => {
    visited.push(url)
    return true
  },
}

/** A certificate for `commonName` that the kit's root has issued. */
export async function certify(commonName: string): Promise<Certified> {
  const [issuer, keys] = await Promise.all([root, newKeys()])
  if (kitRoots.length === 0) kitRoots.push(await rootPem)
  const certificate = await issue(issuer, commonName, keys)
  return { pem: certificate.toString('pem'), privateKey: KeyObject.from(keys.privateKey) }
}

const issue = ({ name, keys: own }: Issuer, commonName: string, keys: webcrypto.CryptoKeyPair) =>
  x509.X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: name,
    publicKey: keys.publicKey,
    signingKey: own.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
  })
