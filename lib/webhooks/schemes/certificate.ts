import { X509Certificate, verify as verifySignature } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { fromBase64 } from '../../primitives/bytes.ts'
import type { Secret } from '../../primitives/secret.ts'
import type { CertificateScheme } from '../../providers/scheme.ts'
import type { Circumstances } from '../circumstances.ts'
import type { Delivery } from '../delivery.ts'
import { postbackUrl } from '../postback.ts'
import { refused, valid, type Refusal, type Verdict } from '../verdict.ts'
import { eachSignedPart } from './template.ts'
import { certificatesIn, commonName, leadsToRoot } from './x509.ts'

/**
 * RSA with SHA-256 by a certificate that the request names. The address is a header that nobody signs, so it must be one of
 * the provider's own, and what is found there must be for the provider's name and lead to a known root. The algorithm is
 * pinned: a header that names another is refused, never followed. What can't be judged so is put to the sender itself, where
 * the operator has given credentials for that.
 * @see https://developer.paypal.com/api/rest/webhooks/rest/#link-selfverification
 */
export async function verifyCertificate(
  scheme: CertificateScheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  at: Circumstances,
): Promise<Verdict> {
  const usable = secrets.map((secret) => secret.reveal()).filter((text) => text.trim() !== '')
  if (usable.length === 0) return { kind: 'no_usable_secret' }
  const parts = partsOf(scheme, delivery)
  if (typeof parts === 'string') return refused(parts)

  const document = await at.site.document(parts.url)
  if (document.kind === 'unavailable') {
    const answer = await askSender(scheme, parts, { delivery, usable }, at)
    return answer.kind === 'refused' && answer.reason === 'certificate_refused'
      ? { kind: 'key_unavailable' }
      : answer
  }
  const chain = document.kind === 'found' ? certificatesIn(document.text) : []
  const [own] = chain
  if (!own || !commonName(own).endsWith(scheme.certificate.subjectEnds)) return refused('certificate_refused')
  if (!leadsToRoot(chain, rootsOf(at.roots()), at.now)) {
    return askSender(scheme, parts, { delivery, usable }, at)
  }
  const isSigned = usable.some((secret) =>
    verifySignature('sha256', signedBytes(scheme, parts, secret), own.publicKey, parts.signature),
  )
  return isSigned ? valid : refused('signature_mismatch')
}

/** What can't be judged here, the sender can: its certificate did not come with its chain, or did not come at all. */
async function askSender(
  scheme: CertificateScheme,
  parts: Parts,
  { delivery, usable }: { readonly delivery: Delivery; readonly usable: readonly string[] },
  { postback, provider }: Circumstances,
): Promise<Verdict> {
  const url = postbackUrl(scheme, parts.url)
  let isRefused = false
  for (const secret of url === undefined ? [] : usable) {
    const facts = {
      auth_algo: scheme.algorithm.value,
      cert_url: parts.url,
      transmission_id: parts.id,
      transmission_sig: delivery.header(scheme.signature.header) ?? '',
      transmission_time: parts.timestamp,
      webhook_id: secret,
    }
    const answer = await postback({ provider, url: url ?? '', facts, body: delivery.body })
    if (answer === 'valid') return valid
    if (answer === 'unavailable') return { kind: 'key_unavailable' }
    isRefused ||= answer === 'refused'
  }
  return refused(isRefused ? 'signature_mismatch' : 'certificate_refused')
}

interface Parts {
  readonly url: string
  readonly signature: Buffer
  readonly id: string
  readonly timestamp: string
  readonly crc32: string
}

function partsOf(scheme: CertificateScheme, delivery: Delivery): Parts | Refusal {
  const header = delivery.header(scheme.signature.header)
  if (!header) return 'signature_missing'
  const id = delivery.header(scheme.id.header)
  if (!id) return 'id_missing'
  const timestamp = delivery.header(scheme.timestamp.header)
  if (!timestamp) return 'timestamp_missing'
  if (Number.isNaN(Date.parse(timestamp))) return 'timestamp_malformed'
  if (delivery.header(scheme.algorithm.header) !== scheme.algorithm.value) return 'signature_malformed'
  const signature = fromBase64(header)
  if (!signature || signature.byteLength === 0) return 'signature_malformed'
  const url = ownAddress(scheme, delivery.header(scheme.certificate.header) ?? '')
  if (url === undefined) return 'certificate_refused'
  return { url, signature, id, timestamp, crc32: String(crc32(delivery.body)) }
}

/** Only a plain name may follow the beginning of the path: no dots, no query, nothing that a parser could read otherwise. */
function ownAddress({ certificate }: CertificateScheme, url: string): string | undefined {
  const start = certificate.from.find((each) => url.startsWith(each))
  return start !== undefined && /^[A-Za-z0-9_-]{1,128}$/.test(url.slice(start.length)) ? url : undefined
}

function signedBytes({ signed }: CertificateScheme, parts: Parts, secret: string): Buffer {
  const pieces: Uint8Array[] = []
  eachSignedPart(signed, { ...parts, secret }, new Uint8Array(), (part) => pieces.push(Buffer.from(part)))
  return Buffer.concat(pieces)
}

/** Read once: there are some hundred and fifty of them. */
const read = new WeakMap<readonly string[], readonly X509Certificate[]>()

function rootsOf(roots: readonly string[]): readonly X509Certificate[] {
  const known = read.get(roots) ?? roots.map((pem) => new X509Certificate(pem))
  read.set(roots, known)
  return known
}
