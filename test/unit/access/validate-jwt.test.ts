import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { exportJWK, exportSPKI, generateKeyPair, importJWK, UnsecuredJWT } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { validateJwt, type JwtVerdict } from '#lib/access/validate-jwt.ts'
import { oidc as limits } from '#lib/config/defaults.ts'
import type { OidcConfig } from '#lib/config/oidc.ts'
import { minutes, seconds, toSeconds } from '#lib/primitives/clock.ts'
import {
  audience,
  givenIssuer,
  issuer,
  jwksUrl,
  signingKey,
  type GivenIssuer,
  type SigningKey,
} from '../../fakes/issuer.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let ec: SigningKey
let rsa: SigningKey
beforeAll(async () => {
  ;[ec, rsa] = await Promise.all([signingKey('ES256'), signingKey('RS256')])
})

let clock: VirtualClock
let given: GivenIssuer
beforeEach(() => {
  clock = virtualClock()
  given = givenIssuer([ec, rsa], clock)
})

const judge = async (token: string, from = given): Promise<JwtVerdict['kind']> =>
  (await validateJwt(token, from.config, { keys: from.keys, clock })).kind
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const claims = () => ({ iss: issuer, aud: audience, exp: toSeconds(clock.now()) + 600 })
const now = (): number => toSeconds(clock.now())

describe('a token of the issuer', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
    'signed by %s is valid, and its claims are told',
    async (alg) => {
      const key = await signingKey(alg)
      const from = givenIssuer([key], clock)
      const verdict = await validateJwt(await from.token({ roles: ['viewer'] }), from.config, {
        keys: from.keys,
        clock,
      })
      expect(verdict).toMatchObject({ kind: 'valid', claims: { sub: 'ada', roles: ['viewer'] } })
    },
  )

  test.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined])(
    'of the type %s is valid',
    async (typ) => expect(await judge(await given.token({}, typ === undefined ? {} : { typ }))).toBe('valid'),
  )

  test.each(['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'id', ''])(
    'of the type "%s" is refused',
    async (typ) => expect(await judge(await given.token({}, { typ }))).toBe('invalid'),
  )

  test('may be for several audiences, this one among them', async () =>
    expect(await judge(await given.token({ aud: ['https://other.example.com', audience] }))).toBe('valid'))

  test('without a kid is valid while one key alone could be meant', async () => {
    const header = { kid: undefined } as unknown as { kid: string }
    expect(await judge(await given.token({}, header))).toBe('valid')
    const second = await signingKey('ES256', 'second')
    const two = givenIssuer([ec, second], clock)
    expect(await judge(await two.token({}, header), two)).toBe('invalid')
  })
})

describe('B076: time', () => {
  test('a token is good until its expiry and a tolerance of half a minute, not longer', async () => {
    const token = await given.token({ exp: now() + 60 })
    await clock.advance(minutes(1) + limits.clockTolerance - seconds(1))
    expect(await judge(token)).toBe('valid')
    await clock.advance(seconds(1))
    expect(await judge(token)).toBe('invalid')
  })

  test('a token is not good before its time', async () => {
    const token = await given.token({ nbf: now() + 60 })
    expect(await judge(token)).toBe('invalid')
    await clock.advance(minutes(1) - limits.clockTolerance)
    expect(await judge(token)).toBe('valid')
  })

  test.each([undefined, null, '9999999999', true, {}])('an expiry of %j is refused', async (exp) =>
    expect(await judge(await given.token({ exp }))).toBe('invalid'),
  )
})

describe('B078: another issuer or audience', () => {
  test.each([
    { iss: 'https://login.example.com' },
    { iss: 'https://evil.example.com/' },
    { iss: 'https://LOGIN.example.com/' },
    { iss: [issuer] },
    { iss: undefined },
    { aud: 'https://other.example.com' },
    { aud: `${audience}/` },
    { aud: [] },
    { aud: [[audience]] },
    { aud: undefined },
    { cnf: { jkt: 'x' } },
  ])('%j is refused', async (change) => expect(await judge(await given.token(change))).toBe('invalid'))
})

describe('B077: forged tokens', () => {
  /** Signed by HMAC with what everybody knows of a key. */
  const hmac = (secret: string | Uint8Array, alg: string, kid: string): string => {
    const signed = `${encode({ alg, kid })}.${encode(claims())}`
    const size = alg.slice(2)
    return `${signed}.${createHmac(`sha${size}`, secret).update(signed).digest('base64url')}`
  }

  test('without a signature, by whatever name', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const head = encode({ alg, kid: ec.kid })
      expect(await judge(`${head}.${encode(claims())}.`)).toBe('invalid')
      expect(await judge(`${head}.${encode(claims())}.AA`)).toBe('invalid')
    }
    expect(await judge(new UnsecuredJWT(claims()).encode())).toBe('invalid')
    expect(given.asked).toEqual([])
  })

  test('HMAC with the public key as its secret, in every spelling of that key', async () => {
    const pem = await exportSPKI((await importJWK(rsa.jwk, 'RS256')) as Parameters<typeof exportSPKI>[0])
    const secrets = [
      pem,
      pem.trim(),
      JSON.stringify(rsa.jwk),
      rsa.jwk.n ?? '',
      Buffer.from(rsa.jwk.n ?? '', 'base64url'),
    ]
    for (const secret of secrets)
      for (const alg of ['HS256', 'HS384', 'HS512'])
        expect(await judge(hmac(secret, alg, rsa.kid))).toBe('invalid')
    expect(given.asked).toEqual([])
  })

  test('HMAC is refused also where the issuer publishes a symmetric key', async () => {
    const k = Buffer.from('a secret of thirty-two bytes, ok').toString('base64url')
    given.published.set(jwksUrl, { keys: [{ kty: 'oct', k, kid: 'h', alg: 'HS256' }] })
    expect(await judge(hmac(Buffer.from(k, 'base64url'), 'HS256', 'h'))).toBe('invalid')
  })

  test('by a key of the forger, whatever kid it claims', async () => {
    const own = await signingKey('ES256', ec.kid)
    expect(await judge(await given.token({}, {}, own))).toBe('invalid')
    expect(await judge(await given.token({}, { kid: 'unknown' }, own))).toBe('invalid')
    expect(await judge(await given.token({}, { kid: '../../dev/null' }, own))).toBe('invalid')
  })

  test('a key or an address in the header is not looked at', async () => {
    const own = await signingKey('ES256', 'own')
    const headers = [
      { jwk: own.jwk },
      { jku: 'https://evil.example.com/jwks' },
      { x5u: 'https://evil.example.com/cert' },
      { x5c: ['AAAA'] },
    ]
    for (const header of headers) {
      expect(await judge(await given.token({}, header as object, own))).toBe('invalid')
      expect(await judge(await given.token({}, { ...header, kid: ec.kid }, own))).toBe('invalid')
    }
    expect(new Set(given.asked)).toEqual(new Set([jwksUrl]))
  })

  test.each([
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
    ['RS256', 'RS512'],
    ['EdDSA', 'Ed25519'],
  ])('a key for %s is not used for %s, although it could be', async (alg, other) => {
    const key = await signingKey(alg)
    const algorithms = [alg, other] as unknown as NonNullable<OidcConfig['algorithms']>
    const from = givenIssuer([key], clock, { algorithms })
    const privateKey = await sameKeyFor(key, other)
    expect(await judge(await from.token({}, {}, key), from)).toBe('valid')
    expect(await judge(await from.token({}, { alg: other }, { ...key, privateKey }), from)).toBe('invalid')
  })

  test('a key that names no algorithm is used for the first that fits it, and no other', async () => {
    const { alg: _, ...bare } = rsa.jwk
    const asPss = await sameKeyFor(rsa, 'PS256')
    for (const [algorithms, good, bad] of [
      [['RS256', 'PS256'], 'RS256', 'PS256'],
      [['ES256', 'PS256', 'RS256'], 'PS256', 'RS256'],
    ] as const) {
      const from = givenIssuer([rsa], clock, { algorithms })
      from.published.set(jwksUrl, { keys: [bare] })
      const by = (alg: string) =>
        from.token({}, { alg }, alg === 'PS256' ? { ...rsa, privateKey: asPss } : rsa)
      expect(await judge(await by(good), from)).toBe('valid')
      expect(await judge(await by(bad), from)).toBe('invalid')
    }
  })

  test.each([
    { use: 'enc' },
    { key_ops: ['encrypt'] },
    { alg: 'RSA-OAEP' },
    { alg: 'HS256' },
    { alg: 7 },
    { kty: 'EC' },
    { d: 'AAAA' },
    { n: 'AQAB' },
    { kid: ['ES256-1'] },
  ])('a key with %j verifies nothing', async (change) => {
    given.published.set(jwksUrl, { keys: [{ ...rsa.jwk, ...change }] })
    expect(await judge(await given.token({}, {}, rsa))).toBe('invalid')
  })

  test('an algorithm that the config does not name is refused, although the key is published', async () => {
    const from = givenIssuer([ec, rsa], clock, { algorithms: ['ES256'] })
    expect(await judge(await from.token({}, {}, ec), from)).toBe('valid')
    expect(await judge(await from.token({}, {}, rsa), from)).toBe('invalid')
  })

  test('whatever is critical for its reader is refused', async () => {
    const [, payload] = (await given.token()).split('.')
    for (const header of [
      { crit: ['exp'], exp: 1 },
      { crit: ['b64'], b64: true },
      { crit: [] },
      { crit: 'x' },
    ]) {
      const signed = `${encode({ alg: 'ES256', kid: ec.kid, ...header })}.${payload}`
      expect(await judge(`${signed}.${await signature(signed, ec)}`)).toBe('invalid')
    }
  })

  test.each([
    ['text', 'hello'],
    ['a list', [claims]],
    ['null', null],
    ['a token in the token', 'eyJhbGciOiJub25lIn0.e30.AA'],
  ])('%s as its content is refused', async (_, content) => {
    const signed = `${encode({ alg: 'ES256', kid: ec.kid, cty: 'JWT' })}.${encode(content)}`
    expect(await judge(`${signed}.${await signature(signed, ec)}`)).toBe('invalid')
  })

  test('damaged tokens, and those of a megabyte, are refused without asking the issuer', async () => {
    const token = await given.token()
    const [head = '', body = '', proof = ''] = token.split('.')
    const damaged = [
      '',
      '.',
      '..',
      '...',
      head,
      `${head}.${body}`,
      `${head}.${body}.`,
      `${head}..${proof}`,
      `.${body}.${proof}`,
      `${head}..${body}.${proof}`,
      `${token}.`,
      `.${token}`,
      `${token}.${proof}`,
      `${head}.${body}.x.y.${proof}`,
      ` ${token}`,
      `${token}=`,
      `${token}\n`,
      `${head}.${body}.${'A'.repeat(1_000_000)}`,
      'A'.repeat(1_000_000),
      '.'.repeat(1_000_000),
    ]
    for (const each of damaged) expect(await judge(each), each.slice(0, 50)).toBe('invalid')
    expect(given.asked).toEqual([])
    expect(await judge(token)).toBe('valid')
  })

  test('a signature has one spelling: the spare bits at its end are zero', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const token = await given.token()
    const last = alphabet.indexOf(token.at(-1) ?? '')
    // 64 bytes fill 85 and a third characters: the last carries two bits of the signature and four of nothing.
    const respelt = Array.from(
      { length: 15 },
      (_, bits) => `${token.slice(0, -1)}${alphabet[last + bits + 1]}`,
    )
    for (const each of respelt) expect(await judge(each)).toBe('invalid')
  })

  test('no mutation of a valid token is valid', async () => {
    const token = await given.token({ roles: ['viewer'] })
    expect(await judge(token)).toBe('valid')
    const character = fc.constantFrom(...'ABCabc019-_.=+/ \n\0é'.split(''))
    const place = fc.nat({ max: token.length - 1 })
    const mutation = fc.oneof(
      fc.tuple(place, character).map(([at, put]) => token.slice(0, at) + put + token.slice(at + 1)),
      fc.tuple(place, character).map(([at, put]) => token.slice(0, at) + put + token.slice(at)),
      place.map((at) => token.slice(0, at) + token.slice(at + 1)),
      place.map((at) => token.slice(0, at)),
      fc.tuple(place, place).map(([a, b]) => swapped(token, a, b)),
      fc.tuple(place, fc.nat({ max: 5 })).map(([at, bit]) => flipped(token, at, bit)),
      fc.json().map((json) => token.replace(/\.[^.]+\./, `.${Buffer.from(json).toString('base64url')}.`)),
    )
    await fc.assert(
      fc.asyncProperty(mutation, async (mutant) => {
        fc.pre(mutant !== token)
        expect(await judge(mutant)).toBe('invalid')
      }),
      { numRuns: 2_000 },
    )
    // Unknown kids among them cost one look at most beside the first.
    expect(given.asked.length).toBeLessThanOrEqual(2)
  })
})

describe('scopes', () => {
  const requiredScopes = ['sluice.read', 'sluice.write']

  test.each([
    { scope: 'sluice.write openid sluice.read' },
    { scp: ['sluice.read', 'sluice.write'] },
    { scp: 'sluice.read sluice.write' },
  ])('%j has what is asked for', async (more) => {
    const from = givenIssuer([ec], clock, { requiredScopes })
    expect(await judge(await from.token(more), from)).toBe('valid')
  })

  test.each([
    {},
    { scope: '' },
    { scope: 'sluice.read' },
    { scope: 'sluice.read,sluice.write' },
    { scope: 'sluice.reads sluice.write' },
    { scope: 'Sluice.read sluice.write' },
    { scp: ['sluice.read', 7] },
    { scp: { 'sluice.read': true, 'sluice.write': true } },
  ])('%j does not', async (more) => {
    const from = givenIssuer([ec], clock, { requiredScopes })
    expect(await judge(await from.token(more), from)).toBe('insufficient_scope')
  })

  test('a forged token learns nothing of the scopes that are asked for', async () => {
    const from = givenIssuer([ec], clock, { requiredScopes })
    expect(await judge(await from.token({}, {}, await signingKey('ES256')), from)).toBe('invalid')
  })
})

/** The same private key, for an algorithm that it was not made for. */
async function sameKeyFor(key: SigningKey, alg: string): Promise<SigningKey['privateKey']> {
  const jwk = { ...(await exportJWK(key.privateKey)) }
  return (await importJWK(jwk, alg)) as Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
}

async function signature(signed: string, { privateKey }: SigningKey): Promise<string> {
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  return Buffer.from(await crypto.subtle.sign(algorithm, privateKey, Buffer.from(signed))).toString(
    'base64url',
  )
}

function swapped(text: string, a: number, b: number): string {
  const characters = text.split('')
  ;[characters[a], characters[b]] = [characters[b] ?? '', characters[a] ?? '']
  return characters.join('')
}

const flipped = (text: string, at: number, bit: number): string =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1)
