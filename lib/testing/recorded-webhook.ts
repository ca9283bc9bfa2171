import * as z from 'zod/mini'
import type { EpochMs } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import { findProvider } from '../providers/catalog.ts'
import type { HmacScheme, Scheme } from '../providers/scheme.ts'
import { signedForm } from '../webhooks/schemes/address.ts'
import { signatureHeaders } from '../webhooks/schemes/sign.ts'
import { bodyOf, bytesOf, jsonIn, textOf } from './cassette.ts'
import { namesCredential } from './credential-names.ts'
import { writeChecked } from './recorder.ts'
import { scrubbedBytes, scrubbedText } from './scrub-parts.ts'
import { scrubber, type ScrubRules } from './scrubber.ts'

/** A webhook as it came: by lower-case header names. */
export interface RawDelivery {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface ToReplay {
  /** The secret of the test's endpoint. */
  readonly secret: Secret
  /** The time that is signed. */
  readonly now: EpochMs
  /** Where it is sent, for providers that sign the address. */
  readonly url?: string
}

export interface RecordedWebhook {
  /**
   * Keeps a delivery without its signature, credentials and personal data.
   * @throws RecordingRefused when something in it still looks like a secret: nothing is written.
   */
  record(delivery: RawDelivery): void
  /**
   * The delivery as the provider would send it now, signed with the test's secret.
   * @throws SluiceError `MISCONFIGURED` where nobody but the provider can sign; TypeError where nothing was recorded.
   */
  signed(replay: ToReplay): {
    readonly headers: Record<string, string>
    readonly body: Uint8Array<ArrayBuffer>
  }
}

const Recording = z.strictObject({
  version: z.literal(1),
  provider: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.optional(
    z.union([
      z.strictObject({ json: z.unknown() }),
      z.strictObject({ text: z.string() }),
      z.strictObject({ base64: z.string() }),
    ]),
  ),
})

/** @throws TypeError for a provider that sends no webhooks. */
export function recordedWebhook(
  provider: string,
  options: ScrubRules & { readonly file: string },
): RecordedWebhook {
  const scheme = findProvider(provider)?.webhooks?.scheme
  if (!scheme) throw new TypeError(`there is no provider "${provider}" that sends webhooks`)
  const { file } = options
  return {
    record: (delivery) => record(provider, scheme, delivery, options),
    signed: ({ secret, now, url }) => {
      const read = Recording.safeParse(jsonIn(file))
      if (!read.success || read.data.provider !== provider)
        throw new TypeError(`${file} is no recorded webhook of ${provider}: record it again`)
      const body = bytesOf(read.data.body)
      const { headers } = read.data
      const delivery = { body, header: (name: string) => headers[name] }
      const form = url === undefined ? undefined : signedForm(delivery, url, bodyHashOf(scheme))
      const signature = signatureHeaders(scheme, secret, {
        body,
        now,
        id: idOf(scheme, headers),
        ...(url !== undefined && { url }),
        ...(form !== undefined && { form }),
      })
      return { headers: { ...headers, ...signature }, body }
    },
  }
}

function record(
  provider: string,
  scheme: Scheme,
  { headers, body }: RawDelivery,
  options: ScrubRules & { readonly file: string },
): void {
  const scrub = scrubber(options)
  const proof = proofHeaders(scheme)
  const names = namesOf(scheme)
  const lower = Object.entries(headers).map(([given, value]) => {
    const name = given.toLowerCase()
    return [names.get(name) ?? name, value] as const
  })
  const kept = lower.filter(([name]) => !proof.has(name) && !transport.test(name) && !namesCredential(name))
  const text = textOf(body)
  const type = new Map(lower).get('content-type') ?? ''
  const made = () => {
    const safe = text === undefined ? scrubbedBytes(body, scrub) : scrubbedText(text, type, scrub)
    const keptBody = bodyOf(safe)
    return {
      version: 1,
      provider,
      headers: Object.fromEntries(kept.toSorted(byName).map(([name, value]) => [name, scrub.text(value)])),
      ...(keptBody && { body: keptBody }),
    }
  }
  // What is found at the end is taken out of the beginning too.
  made()
  writeChecked(options.file, made(), options, scrub)
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1)

/** What a proxy and the sender's HTTP client add, and what only this delivery had. */
const transport =
  /^(?:accept.*|cf-.*|connection|content-length|forwarded|host|via|x-amzn-.*|x-forwarded-.*|x-real-ip|transfer-encoding)$/

/** Headers that prove who sent it, and when: made anew when it is sent again. */
function proofHeaders(scheme: Scheme): ReadonlySet<string> {
  switch (scheme.kind) {
    case 'any':
      return new Set(scheme.of.flatMap((each) => [...proofHeaders(each)]))
    case 'token':
      return new Set([scheme.header])
    case 'hmac':
    case 'ecdsa':
    case 'ed25519':
      return new Set([scheme.signature.header, ...timeHeader(scheme)])
    case 'certificate':
      return new Set([scheme.signature.header, scheme.certificate.header, scheme.timestamp.header])
    default:
      return new Set(['authorization'])
  }
}

const timeHeader = ({ timestamp }: Pick<HmacScheme, 'timestamp'>): readonly string[] =>
  timestamp && 'header' in timestamp ? [timestamp.header] : []

/** Other names for the same headers, by what they stand for: `svix-id` is `webhook-id`. */
function namesOf(scheme: Scheme): ReadonlyMap<string, string> {
  const schemes = scheme.kind === 'any' ? scheme.of : [scheme]
  return new Map(
    schemes
      .flatMap((each) => ('aliases' in each ? (each.aliases ?? []) : []))
      .map(({ from, to }) => [from, to]),
  )
}

/** The id that was signed is kept, so that the delivery is the same one. */
function idOf(scheme: Scheme, headers: Readonly<Record<string, string>>): string {
  if (scheme.kind === 'any') return scheme.of.map((each) => idOf(each, headers)).find(Boolean) ?? ''
  return 'id' in scheme && scheme.id ? (headers[scheme.id.header] ?? 'recorded') : ''
}

const bodyHashOf = (scheme: Scheme): string =>
  (scheme.kind === 'hmac' ? scheme.bodyHash?.query : undefined) ?? ''
