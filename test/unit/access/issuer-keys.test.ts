import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { httpsIssuerKeys } from '#lib/access/issuer-keys.https.ts'
import { validateJwt } from '#lib/access/validate-jwt.ts'
import { oidc as limits } from '#lib/config/defaults.ts'
import { ms } from '#lib/primitives/clock.ts'
import { givenIssuer, jwksUrl, signingKey, type GivenIssuer, type SigningKey } from '../../fakes/issuer.ts'
import { virtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts'

let first: SigningKey
let second: SigningKey
beforeAll(async () => {
  ;[first, second] = await Promise.all([signingKey('ES256', 'first'), signingKey('ES256', 'second')])
})

let clock: VirtualClock
let given: GivenIssuer
beforeEach(() => {
  clock = virtualClock()
  given = givenIssuer([first], clock)
})

const judge = async (from: GivenIssuer, key = first, kid = key.kid): Promise<string> => {
  const token = await from.token({ exp: Math.floor(clock.now() / 1_000) + 600 }, { kid }, key)
  return (await validateJwt(token, from.config, { keys: from.keys, clock })).kind
}

describe('keys', () => {
  test('are read once for any number of tokens, also of tokens that come at once', async () => {
    const kinds = await Promise.all(Array.from({ length: 20 }, () => judge(given)))
    expect(new Set(kinds)).toEqual(new Set(['valid']))
    expect(given.asked).toEqual([jwksUrl])
  })

  test('are read again after an hour', async () => {
    await judge(given)
    await clock.advance(limits.keepMs - 1)
    await judge(given)
    expect(given.asked).toHaveLength(1)
    await clock.advance(1)
    await judge(given)
    expect(given.asked).toHaveLength(2)
  })

  test('that are new are found at once, those that were taken back are forgotten', async () => {
    await judge(given)
    await clock.advance(limits.cooldownMs)
    given.published.set(jwksUrl, { keys: [second.jwk] })
    expect(await judge(given, second)).toBe('valid')
    expect(await judge(given, first)).toBe('invalid')
    expect(given.asked).toHaveLength(2)
  })

  test('that nobody has are looked for once in 30 s, however many forged tokens name them', async () => {
    await judge(given)
    const flood = () => Promise.all(Array.from({ length: 50 }, (_, at) => judge(given, second, `kid-${at}`)))
    for (let round = 1; round <= 3; round += 1) {
      await clock.advance(limits.cooldownMs - 1)
      expect(new Set(await flood())).toEqual(new Set(['invalid']))
      await clock.advance(1)
      await flood()
      await flood()
      expect(given.asked).toHaveLength(1 + round)
      expect(await judge(given)).toBe('valid')
    }
  })

  test('are served stale for a day while the issuer is away, which is asked once in 30 s', async () => {
    await judge(given)
    given.published.set(jwksUrl, 503)
    await clock.advance(limits.keepMs)
    for (let round = 0; round < 5; round += 1) expect(await judge(given)).toBe('valid')
    expect(given.asked).toHaveLength(2)
    await clock.advance(limits.staleMs - limits.keepMs - 1)
    expect(await judge(given)).toBe('valid')
    await clock.advance(limits.cooldownMs)
    expect(await judge(given)).toBe('unavailable')
    await clock.advance(limits.retryMs)
    given.published.set(jwksUrl, { keys: [first.jwk] })
    expect(await judge(given)).toBe('valid')
  })

  test('that were never had are asked for once in 5 s, and until then nobody can say', async () => {
    given.published.set(jwksUrl, new TypeError('fetch failed'))
    for (let round = 0; round < 5; round += 1) expect(await judge(given)).toBe('unavailable')
    expect(given.asked).toHaveLength(1)
    given.published.set(jwksUrl, { keys: [first.jwk] })
    await clock.advance(limits.retryMs)
    expect(await judge(given)).toBe('valid')
  })

  test('an issuer that says nothing is waited for no longer than its time', async () => {
    const silent = httpsIssuerKeys(given.config, {
      clock,
      log: () => {},
      fetch: () => new Promise(() => {}),
    })
    const answer = silent.current()
    await clock.advance(limits.requestMs)
    expect(await answer).toBeUndefined()
  })

  test.each([
    ['no JSON', '<html>canary</html>'],
    ['no set', '{"key":[]}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['too much', JSON.stringify({ keys: [], more: 'x'.repeat(70_000) })],
    ['404', 404],
  ])('%s is no answer, and what was known stays', async (_, answer) => {
    await judge(given)
    await clock.advance(limits.keepMs)
    given.published.set(jwksUrl, answer)
    expect(await judge(given)).toBe('valid')
    expect(given.lines).toHaveLength(1)
    expect(given.lines.join()).not.toContain('canary')
  })

  test('a set with entries that are no keys, or of other kinds, gives the ones that are', async () => {
    const odd = [
      null,
      7,
      'x',
      [],
      {},
      { kty: 'RSA' },
      { kty: 'oct', k: 'AA' },
      { kty: 'EC', crv: 'secp256k1' },
    ]
    given.published.set(jwksUrl, { keys: [...odd, first.jwk] })
    expect(await judge(given)).toBe('valid')
  })
})

describe('discovery', () => {
  const issuer = 'https://login.example.com/tenants/a/'
  const openid = 'https://login.example.com/tenants/a/.well-known/openid-configuration'
  const oauth = 'https://login.example.com/.well-known/oauth-authorization-server/tenants/a'
  const elsewhere = 'https://keys.example.net/jwks'

  /** No address for the keys in the config: the issuer has to say. */
  function discovering(documents: Readonly<Record<string, unknown>>, own = issuer): GivenIssuer {
    const from = givenIssuer([first], clock, { issuer: own })
    const { jwksUrl: _, ...config } = from.config
    for (const [url, document] of Object.entries(documents)) from.published.set(url, document)
    from.published.set(elsewhere, { keys: [first.jwk] })
    const fetch: typeof globalThis.fetch = async (input) => {
      const url = input as string
      from.asked.push(url)
      const found = from.published.get(url)
      return found === undefined ? new Response('', { status: 404 }) : Response.json(found)
    }
    const keys = httpsIssuerKeys(config, { clock, fetch, log: () => {} })
    return { ...from, config, keys, token: (claims, ...rest) => from.token({ ...claims, iss: own }, ...rest) }
  }

  test('finds the keys by the metadata of OpenID Connect', async () => {
    const from = discovering({ [openid]: { issuer, jwks_uri: elsewhere } })
    expect(await judge(from)).toBe('valid')
    expect(from.asked).toEqual([openid, elsewhere])
  })

  test('finds them by those of RFC 8414 where there are no others', async () => {
    const from = discovering({ [oauth]: { issuer, jwks_uri: elsewhere } })
    expect(await judge(from)).toBe('valid')
    expect(from.asked).toEqual([openid, oauth, elsewhere])
  })

  test.each([
    ['another issuer', { issuer: 'https://evil.example.com/', jwks_uri: elsewhere }],
    ['the issuer in other letters', { issuer: issuer.slice(0, -1), jwks_uri: elsewhere }],
    ['no issuer', { jwks_uri: elsewhere }],
    ['plain http', { issuer, jwks_uri: 'http://keys.example.net/jwks' }],
    ['this machine', { issuer, jwks_uri: 'http://127.0.0.1/jwks' }],
    ['a file', { issuer, jwks_uri: 'file:///etc/passwd' }],
    ['a user', { issuer, jwks_uri: 'https://me:pw@keys.example.net/jwks' }],
    ['no address', { issuer }],
    ['no object', 'x'],
    ['nothing', null],
  ])('B075: metadata with %s are not believed, and nothing that they name is asked', async (_, metadata) => {
    const from = discovering({ [openid]: metadata })
    expect(await judge(from)).toBe('unavailable')
    expect(from.asked).toEqual([openid])
  })

  test('an issuer on this machine may have its keys there, by plain http', async () => {
    const local = 'http://127.0.0.1:9000'
    const keys = `${local}/jwks`
    const metadata = { issuer: local, jwks_uri: keys }
    const from = discovering(
      { [`${local}/.well-known/openid-configuration`]: metadata, [keys]: { keys: [first.jwk] } },
      local,
    )
    expect(await judge(from)).toBe('valid')
  })

  test('is part of the same limit: an issuer without metadata is asked for both, once in 5 s', async () => {
    const from = discovering({})
    for (let round = 0; round < 5; round += 1) expect(await judge(from)).toBe('unavailable')
    expect(from.asked).toEqual([openid, oauth])
    await clock.advance(ms(limits.retryMs))
    await judge(from)
    expect(from.asked).toHaveLength(4)
  })
})

test('no redirect is followed, and nothing is sent along but what is accepted', async () => {
  const inits: (RequestInit | undefined)[] = []
  const keys = httpsIssuerKeys(given.config, {
    clock,
    log: () => {},
    fetch: async (_, init) => (inits.push(init), Response.json({ keys: [] })),
  })
  await keys.current()
  expect(inits).toMatchObject([{ redirect: 'error', headers: { accept: 'application/json' } }])
})
