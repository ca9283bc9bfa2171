import { constants, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
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

test('a key for RSASSA-PSS signs by PS256', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa-pss', {
    modulusLength: 2_048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
  })
  const token = signedJwt({ sub: 'x' }, { pem: new Secret(pemOf(privateKey)) })
  const [header = '', payload = '', signature = ''] = token.split('.')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'PS256', typ: 'JWT' })
  // RFC 7518, 3.5: the salt is as long as the digest.
  const pss = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signed = Buffer.from(`${header}.${payload}`)
  expect(verify('sha256', signed, pss, Buffer.from(signature, 'base64url'))).toBe(true)
})

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
