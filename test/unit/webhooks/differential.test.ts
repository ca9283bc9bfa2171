import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { hmacSchemeOf } from '#test/fakes/hmac-scheme.ts'
import { verifyHmac } from '#lib/webhooks/schemes/hmac-verify.ts'
import { mutations, type Mutation } from '#test/fakes/mutations.ts'
import { packageVerifiers, type Received } from '#test/fakes/package-verifiers.ts'
import { hmacSigner, signers, type Signer } from '#test/fakes/signers.ts'

const messages = 5_000
const nowSeconds = 1_780_000_000

// `standardwebhooks` takes no time but the machine's.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: nowSeconds * 1_000 }))
afterEach(() => void vi.useRealTimers())

const whole = (random: Random, limit: number): number => Math.floor(random.fraction() * limit)

const letters = [
  'a',
  '"',
  '\\',
  ' ',
  'Z\u00fcrich',
  '\u{1f600}',
  '\u65e5',
  '0',
  '\u2028',
  '<',
  '&',
  'e\u0301',
]
const randomText = (random: Random, longest: number): string =>
  Array.from({ length: whole(random, longest) }, () => letters[whole(random, letters.length)]).join('')

/** The spaces make sure that writing the JSON again changes it. */
const randomBody = (random: Random): Uint8Array =>
  Buffer.from(`{ "id" : "evt_${whole(random, 1e9)}", "text":${JSON.stringify(randomText(random, 60))} }`)

const randomSecret = (signer: Signer, random: Random): string => {
  const bytes = Buffer.from(random.bytes(24 + whole(random, 41)))
  if (signer.provider === 'standard-webhooks') return `whsec_${bytes.toString('base64')}`
  return signer.provider === 'stripe'
    ? `whsec_${bytes.toString('hex')}`
    : `${bytes.toString('base64url')} \u00fc`
}

async function signedMessage(signer: Signer, random: Random): Promise<Received> {
  const body = randomBody(random)
  const secret = randomSecret(signer, random)
  return { body, secret, nowSeconds, headers: await signer.sign(body, secret, nowSeconds) }
}

function sluiceTakes(provider: string, { headers, body, secret, nowSeconds: now }: Received): boolean {
  const scheme = hmacSchemeOf(provider)
  const delivery = { header: (name: string) => headers[name], body }
  return verifyHmac(scheme, delivery, [new Secret(secret)], epochMs(now * 1_000)).kind === 'valid'
}

const withPackage = signers.filter((signer) => signer !== hmacSigner)

describe.each(withPackage.map((signer) => ({ name: signer.provider, signer })))('$name', ({ signer }) => {
  const { provider } = signer
  const packageTakes = async (received: Received) => packageVerifiers[provider]?.(received)

  test(`${messages} messages signed by any secret are taken, by its own package too`, async () => {
    const random = seededRandom(1)
    for (let i = 0; i < messages; i += 1) {
      const message = await signedMessage(signer, random)
      const verdicts = { sluice: sluiceTakes(provider, message), package: await packageTakes(message) }
      expect(verdicts, JSON.stringify(message)).toEqual({ sluice: true, package: true })
    }
  })

  const possible = mutations.filter((mutation) => mutation.of.includes(provider))
  const each = Math.ceil(messages / possible.length)
  test.each(possible)(`${each} messages with $name`, async (mutation) => {
    const random = seededRandom(2)
    for (let i = 0; i < each; i += 1) {
      const changed = await mutation.change(await signedMessage(signer, random), { signer, random })
      const verdicts = { sluice: sluiceTakes(provider, changed), package: await packageTakes(changed) }
      expect(verdicts, JSON.stringify(changed)).toEqual(expected(mutation, provider))
    }
  })
})

/** Both say the same, but for what is written down with its reason; and that must still be so. */
function expected({ sluice, differs }: Mutation, provider: string) {
  return { sluice, package: differs?.of.includes(provider) ? !sluice : sluice }
}
