import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { signedJwt } from '#lib/oauth/signed-jwt.ts'
import { Secret } from '#lib/primitives/secret.ts'

const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }) as string
const keys = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
}

test.each(Object.entries(keys))('a key of its kind signs by %s, and says its name', async (alg, pair) => {
  const token = signedJwt({ sub: 'x' }, { pem: new Secret(pemOf(pair.privateKey)), id: 'key-1' })
  const { payload, protectedHeader } = await jwtVerify(token, pair.publicKey)
  expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: 'key-1' })
  expect(payload).toEqual({ sub: 'x' })
})

test('a key for RSASSA-PSS signs by PS256', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa-pss', {
    modulusLength: 2_048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
    saltLength: 32,
  })
  const token = signedJwt({ sub: 'x' }, { pem: new Secret(pemOf(privateKey)) })
  const plain = await crypto.subtle.importKey(
    'jwk',
    rsaOnly(publicKey),
    { name: 'RSA-PSS', hash: 'SHA-256' },
    false,
    ['verify'],
  )
  expect((await jwtVerify(token, plain)).protectedHeader).toEqual({ alg: 'PS256', typ: 'JWT' })
})

/** The numbers of a key, without what it is for: Web Crypto takes no other. */
function rsaOnly(key: KeyObject): JsonWebKey {
  const der = key.export({ format: 'der', type: 'spki' })
  // The modulus and the exponent are the last two integers of the structure.
  const bits = der.subarray(der.lastIndexOf(Buffer.from([0x02, 0x82, 0x01, 0x01])))
  const n = bits.subarray(5, 5 + 256)
  return { kty: 'RSA', n: n.toString('base64url'), e: bits.subarray(5 + 256 + 2).toString('base64url') }
}

test('a key in one line, as an environment variable holds it, is one', async () => {
  const pair = keys.ES256
  const line = pemOf(pair.privateKey).replaceAll('\n', String.raw`\n`)
  await jwtVerify(signedJwt({}, { pem: new Secret(line) }), pair.publicKey)
})

test.each([
  ['P-384', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
  ['X25519', pemOf(generateKeyPairSync('x25519').privateKey)],
  ['no key', 'canary'],
])('%s signs nothing', (_name, pem) => {
  expect(() => signedJwt({}, { pem: new Secret(pem) })).toThrow()
})
