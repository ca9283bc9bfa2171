import { X509Certificate } from 'node:crypto'
import type { EpochMs } from '../../primitives/clock.ts'

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
const maxChain = 5

/** The certificates of a PEM text, in its order; none where one of them can't be read. */
export function certificatesIn(text: string): readonly X509Certificate[] {
  try {
    return (text.match(block) ?? []).slice(0, maxChain).map((pem) => new X509Certificate(pem))
  } catch {
    return []
  }
}

/** The first certificate of a PEM text, which is the sender's own. Reading it takes as long as a signature check. */
export function certificateIn(text: string): X509Certificate | undefined {
  if (latest.text !== text) latest = { text, certificate: certificatesIn(text)[0] }
  return latest.certificate
}

let latest: { readonly text: string; readonly certificate: X509Certificate | undefined } = {
  text: '',
  certificate: undefined,
}

export const isCurrent = ({ validFromDate, validToDate }: X509Certificate, now: EpochMs): boolean =>
  validFromDate.getTime() <= now && now <= validToDate.getTime()

/** `''` where the subject has none. */
export const commonName = ({ subject }: X509Certificate): string => /^CN=(.+)$/m.exec(subject)?.[1] ?? ''

/**
 * Whether the first of `chain` leads, each certificate issued by the next and in its time, to one of `roots`.
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-6
 */
export function leadsToRoot(
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: EpochMs,
): boolean {
  let current = chain[0]
  for (let i = 0; current && i < maxChain; i += 1) {
    if (!isCurrent(current, now)) return false
    const subject = current
    if (roots.some((root) => root.raw.equals(subject.raw) || issued(root, subject, now))) return true
    current = chain.find((candidate) => candidate !== subject && issued(candidate, subject, now))
  }
  return false
}

const issued = (issuer: X509Certificate, subject: X509Certificate, now: EpochMs): boolean =>
  issuer.ca && isCurrent(issuer, now) && subject.checkIssued(issuer) && subject.verify(issuer.publicKey)
