import type { Random } from '#lib/primitives/random.ts'
import type { Received } from './package-verifiers.ts'
import type { Signer } from './signers.ts'

/** One way of changing a message that was rightly signed. */
export interface Mutation {
  readonly name: string
  /** The providers whose signatures can be changed so. */
  readonly of: readonly string[]
  readonly change: (received: Received, context: MutationContext) => Received | Promise<Received>
  /** Whether Sluice still takes it. */
  readonly sluice: boolean
  /** Providers whose own package says otherwise, and why Sluice does not follow it. */
  readonly differs?: { readonly of: readonly string[]; readonly because: string }
}

export interface MutationContext {
  readonly signer: Signer
  readonly random: Random
}

const all = ['stripe', 'github', 'slack', 'standard-webhooks']
const timed = ['stripe', 'slack', 'standard-webhooks']

const below = (random: Random, limit: number): number => Math.floor(random.fraction() * limit)

const withHeader = (received: Received, name: string, value: string | undefined): Received => ({
  ...received,
  headers: Object.fromEntries(
    Object.entries({ ...received.headers, [name]: value }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  ),
})

const signature =
  (replace: (value: string, random: Random) => string | undefined): Mutation['change'] =>
  (received, { signer, random }) =>
    withHeader(
      received,
      signer.signatureHeader,
      replace(received.headers[signer.signatureHeader] ?? '', random),
    )

const body =
  (replace: (body: Uint8Array, random: Random) => Uint8Array): Mutation['change'] =>
  (received, { random }) => ({ ...received, body: replace(received.body, random) })

/** The time as it is sent, which the signature does not follow. */
const timeText =
  (replace: (text: string) => string): Mutation['change'] =>
  (received, { signer }) =>
    signer.provider === 'stripe'
      ? withHeader(
          received,
          'stripe-signature',
          received.headers['stripe-signature']?.replace(/t=(\d+)/, (_, time: string) => `t=${replace(time)}`),
        )
      : withHeader(
          received,
          signer.timestampHeader ?? '',
          replace(received.headers[signer.timestampHeader ?? ''] ?? ''),
        )

/** The same body, rightly signed at another time. */
const signedAt =
  (age: (random: Random) => number): Mutation['change'] =>
  async (received, { signer, random }) => ({
    ...received,
    headers: await signer.sign(received.body, received.secret, received.nowSeconds - age(random)),
  })

const flipped = (bytes: Uint8Array, random: Random): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  const at = below(random, copy.byteLength)
  // Bit 0 keeps ASCII what it is, so that no package is confused by damaged UTF-8.
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
const joined = (...parts: readonly (Uint8Array | string)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))
const lastHexFlipped = (value: string): string => value.replace(/.$/, (last) => (last === '0' ? '1' : '0'))

export const mutations: readonly Mutation[] = [
  { name: 'one bit of the body', of: all, sluice: false, change: body(flipped) },
  { name: 'a byte more', of: all, sluice: false, change: body((bytes) => joined(bytes, '\n')) },
  { name: 'a byte less', of: all, sluice: false, change: body((bytes) => bytes.subarray(0, -1)) },
  { name: 'no body', of: all, sluice: false, change: body(() => new Uint8Array()) },
  {
    name: 'the JSON written again',
    of: all,
    sluice: false,
    change: body((bytes) => Buffer.from(JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), null, 2))),
  },
  {
    name: 'another secret',
    of: all,
    sluice: false,
    change: (received, { signer }) => ({ ...received, secret: signer.otherSecret }),
  },
  { name: 'no signature', of: all, sluice: false, change: signature(() => undefined) },
  { name: 'an empty signature', of: all, sluice: false, change: signature(() => '') },
  {
    name: 'a signature cut short',
    of: all,
    sluice: false,
    change: signature((value, random) => value.slice(0, below(random, value.length))),
  },
  {
    name: 'one character of the digest',
    of: ['stripe', 'github', 'slack'],
    sluice: false,
    change: signature(lastHexFlipped),
  },
  {
    name: 'the digest in capitals',
    of: ['stripe', 'github', 'slack'],
    sluice: false,
    change: signature((value) =>
      value.replace(/[0-9a-f]{64}/, (digest) => `A${digest.slice(1).toUpperCase()}`),
    ),
  },
  { name: 'junk after the digest', of: all, sluice: false, change: signature((value) => `${value}00`) },
  {
    name: 'another version',
    of: all,
    sluice: false,
    change: signature((value) => value.replace(/v1=|sha256=|v0=|v1,/, 'v9=')),
  },
  {
    name: 'a right signature after a wrong one',
    of: ['stripe', 'standard-webhooks'],
    sluice: true,
    change: (received, { signer }) =>
      withHeader(
        received,
        signer.signatureHeader,
        signer.provider === 'stripe'
          ? received.headers['stripe-signature']?.replace('v1=', `v1=${'0'.repeat(64)},v1=`)
          : `v1,${'A'.repeat(43)}= ${received.headers['webhook-signature']}`,
      ),
  },
  {
    name: 'a right signature after ten wrong ones',
    of: ['stripe', 'standard-webhooks'],
    sluice: false,
    differs: {
      of: ['stripe', 'standard-webhooks'],
      because: 'a header of any length costs time; a rotation needs two signatures (B009)',
    },
    change: (received, { signer }) =>
      withHeader(
        received,
        signer.signatureHeader,
        signer.provider === 'stripe'
          ? received.headers['stripe-signature']?.replace('v1=', `${`v1=${'0'.repeat(64)},`.repeat(10)}v1=`)
          : `${`v1,${'A'.repeat(43)}= `.repeat(10)}${received.headers['webhook-signature']}`,
      ),
  },
  {
    name: 'the header twice, joined by a gateway',
    of: all.filter((provider) => provider !== 'standard-webhooks'),
    sluice: false,
    differs: { of: ['stripe'], because: 'which of two headers counts must not depend on their order (B008)' },
    change: signature((value) => `${value}, ${value}`),
  },
  {
    name: 'a second part after the digest',
    of: ['slack', 'standard-webhooks'],
    sluice: false,
    differs: {
      of: ['slack', 'standard-webhooks'],
      because: 'a signature with anything behind its digest is not canonical (B005)',
    },
    change: (received, context) =>
      signature((value) => `${value}${context.signer.provider === 'slack' ? '=' : ','}junk`)(
        received,
        context,
      ),
  },
  {
    name: 'up to 300 s old',
    of: timed,
    sluice: true,
    change: signedAt((random) => below(random, 301)),
  },
  {
    name: 'up to 300 s ahead',
    of: timed,
    sluice: true,
    change: signedAt((random) => -below(random, 301)),
  },
  {
    name: 'older than 300 s',
    of: timed,
    sluice: false,
    change: signedAt((random) => 301 + below(random, 1_000_000)),
  },
  {
    name: 'more than 300 s ahead',
    of: timed,
    sluice: false,
    differs: {
      of: ['stripe', 'slack'],
      because: 'a time far ahead would make one captured request good for as long (B018)',
    },
    change: signedAt((random) => -301 - below(random, 1_000_000)),
  },
  {
    name: 'a fresh time under an old signature',
    of: timed,
    sluice: false,
    change: async (received, context) =>
      timeText(() => String(received.nowSeconds))(await signedAt(() => 999)(received, context), context),
  },
  { name: 'no time', of: timed, sluice: false, change: timeText(() => '') },
  { name: 'a time that is no number', of: timed, sluice: false, change: timeText(() => 'NaN') },
  {
    name: 'text after the time',
    of: timed,
    sluice: false,
    differs: {
      of: timed,
      because: 'a time is ten digits and nothing else; parseInt reads past the rest (B016)',
    },
    change: timeText((time) => `${time}abc`),
  },
  {
    name: 'a zero before the time',
    of: timed,
    sluice: false,
    differs: { of: timed, because: 'a time is ten digits and nothing else; parseInt drops the zero (B016)' },
    change: timeText((time) => `0${time}`),
  },
  {
    name: 'two times',
    of: ['stripe'],
    sluice: false,
    differs: { of: ['stripe'], because: 'with two times in a header nobody knows which is fresh (B019)' },
    change: signature((value) => `t=1,${value}`),
  },
  {
    name: 'a byte order mark, rightly signed',
    of: all,
    sluice: true,
    differs: {
      of: ['stripe'],
      because: 'its package decodes the body to text, which drops the mark; bytes are what is signed (B027)',
    },
    change: async (received, { signer }) => {
      const marked = joined('\ufeff', received.body)
      return {
        ...received,
        body: marked,
        headers: await signer.sign(marked, received.secret, received.nowSeconds),
      }
    },
  },
  {
    name: 'bytes that are no UTF-8, rightly signed',
    of: all,
    sluice: true,
    differs: {
      of: all,
      because: 'every package decodes the body to text, which changes them; bytes are what is signed (B028)',
    },
    change: async (received, { signer }) => {
      const damaged = joined(received.body, Uint8Array.of(0xff, 0xfe))
      return {
        ...received,
        body: damaged,
        headers: await signer.sign(damaged, received.secret, received.nowSeconds),
      }
    },
  },
]
