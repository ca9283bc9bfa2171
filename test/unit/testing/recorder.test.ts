import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Secret } from '#lib/primitives/secret.ts'
import type { Fetch } from '#lib/outbound/fetch-shape.ts'
import { mockProvider } from '#lib/testing/mock-provider.ts'
import { recorder, type RecorderOptions } from '#lib/testing/recorder.ts'

function cassetteFile(): string {
  const room = mkdtempSync(join(tmpdir(), 'sluice-tape-'))
  onTestFinished(() => rmSync(room, { recursive: true, force: true }))
  return join(room, 'tapes', 'one.json')
}

const never: Fetch = () => Promise.reject(new Error('a replay calls nobody'))
const answers = (...bodies: readonly (string | Uint8Array<ArrayBuffer> | Response)[]): Fetch => {
  let next = 0
  return async () => {
    const body = bodies[Math.min(next, bodies.length - 1)]
    next += 1
    return body instanceof Response
      ? body.clone()
      : new Response(body ?? null, { headers: { 'content-type': 'application/json' } })
  }
}

type Rules = Omit<RecorderOptions, 'file' | 'mode'>
type Asked = readonly [input: string, init?: RequestInit]

/** Records what is asked, and gives the text of the file with what a replay answers. */
async function taped(inner: Fetch, asked: readonly Asked[], rules: Rules = {}) {
  const file = cassetteFile()
  const recording = recorder(inner, { file, ...rules })
  const live: string[] = []
  for (const [input, init] of asked) live.push(await (await recording.fetch(input, init)).text())
  recording.save()
  const replaying = recorder(never, { file, ...rules })
  const replay = async (input: string, init?: RequestInit) => (await replaying.fetch(input, init)).text()
  return { file, text: readFileSync(file, 'utf8'), live, replay, replaying }
}

const url = 'https://api.test/v1/things'

describe('a recording', () => {
  test('gives the same answers again: status, headers and body, and calls nobody', async () => {
    const file = cassetteFile()
    const inner = answers(
      new Response('{"id": 1}', {
        status: 201,
        statusText: 'Created',
        headers: { 'x-limit': '5', 'content-type': 'application/json' },
      }),
    )
    const recording = recorder(inner, { file })
    expect([recording.mode, existsSync(file)]).toEqual(['record', false])
    const live = await recording.fetch(url, { method: 'POST', body: '{"a":1}' })
    recording.save()
    const replaying = recorder(never, { file })
    expect(replaying.mode).toBe('replay')
    const again = await replaying.fetch(url, { method: 'POST', body: '{"a":1}' })
    expect([again.status, again.statusText, again.headers.get('x-limit'), again.url]).toEqual([
      201,
      'Created',
      '5',
      url,
    ])
    expect(await again.text()).toBe(await live.text())
  })

  test('is a file that a person can read', async () => {
    const { text } = await taped(answers('{"b":[1,2]}'), [
      [`${url}?b=2&a=1`, { headers: { accept: 'application/json', 'user-agent': 'x' } }],
    ])
    expect(JSON.parse(text)).toEqual({
      version: 1,
      exchanges: [
        {
          request: { method: 'GET', url, query: ['a=1', 'b=2'], headers: { accept: 'application/json' } },
          response: {
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: { json: { b: [1, 2] } },
          },
        },
      ],
    })
    expect(text).toContain('\n  "exchanges": [\n')
  })

  test('is the same file for the same calls, whichever is answered first', async () => {
    const gates = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()]
    const [file, other] = [cassetteFile(), cassetteFile()]
    for (const [target, order] of [
      [file, [0, 1]],
      [other, [1, 0]],
    ] as const) {
      let next = 0
      const pending = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()]
      const recording = recorder(() => pending[next++]?.promise ?? Promise.reject(new Error('too many')), {
        file: target,
      })
      const calls = [recording.fetch(`${url}/1`), recording.fetch(`${url}/2`)]
      for (const at of order) pending[at]?.resolve(new Response(`a@b.example ${at} c${at}@d.example`))
      await Promise.all(calls)
      recording.save()
    }
    expect(gates).toHaveLength(2)
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(other, 'utf8'))
  })

  test('finds a request by its query in any order, and by a form or a path alone', async () => {
    const { replay } = await taped(answers('one', 'two'), [
      ['/v1/things?a=1&b=2'],
      ['/v1/things', { method: 'POST', body: new URLSearchParams({ x: '1' }) }],
    ])
    expect(await replay('https://sandbox.test/v1/things?b=2&a=1')).toBe('one')
    expect(await replay('/v1/things', { method: 'POST', body: new URLSearchParams({ x: '1' }) })).toBe('two')
  })

  test('gives equal requests their answers in order, and no more than there were', async () => {
    const { replay, file } = await taped(answers('pending', 'done'), [[url], [url]])
    expect([await replay(url), await replay(url)]).toEqual(['pending', 'done'])
    await expect(replay(url)).rejects.toThrow(
      `"GET /v1/things" was recorded 2 times in ${file} and is asked once more`,
    )
  })

  test('fails on what was not recorded, and says what is nearest', async () => {
    const { replay, file, replaying } = await taped(answers('1'), [
      [`${url}?page=1`],
      ['https://api.test/v2/other', { method: 'POST', body: 'a' }],
    ])
    await expect(replay(`${url}?page=2`)).rejects.toThrow(
      `"GET /v1/things?page=2" is not in ${file}: the nearest that is recorded is "GET /v1/things?page=1"`,
    )
    await expect(replay('https://api.test/v2/other', { method: 'POST', body: 'b' })).rejects.toThrow(
      'it was recorded with another body',
    )
    expect(replaying.unused()).toEqual(['GET /v1/things?page=1', 'POST /v2/other'])
  })

  test('ends with the signal of a request', async () => {
    const { replaying } = await taped(answers('1'), [[url]])
    await expect(replaying.fetch(url, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow(
      'gone',
    )
  })

  test('keeps bodies that are no text, and multipart whatever its boundary', async () => {
    const bytes = new Uint8Array([0xff, 0, 1, 2, 0xfe])
    const form = () => {
      const made = new FormData()
      made.set('file', new Blob(['abc']), 'a.txt')
      return made
    }
    const file = cassetteFile()
    const recording = recorder(answers(bytes), { file })
    await recording.fetch(url, { method: 'POST', body: form() })
    recording.save()
    const again = await recorder(never, { file }).fetch(url, { method: 'POST', body: form() })
    expect(new Uint8Array(await again.arrayBuffer())).toEqual(bytes)
  })

  test('that is damaged, of another version or missing is said to be so', () => {
    const file = cassetteFile()
    expect(() => recorder(never, { file, mode: 'replay' })).toThrow('can not be read as a recording')
    const damaged = join(mkdtempSync(join(tmpdir(), 'sluice-tape-')), 'x.json')
    onTestFinished(() => rmSync(join(damaged, '..'), { recursive: true }))
    writeFileSync(damaged, '{"version":9}')
    expect(() => recorder(never, { file: damaged })).toThrow('is no recording of this version')
  })

  test('is made anew in mode record', async () => {
    const { file } = await taped(answers('old'), [[url]])
    const recording = recorder(answers('new'), { file, mode: 'record' })
    await recording.fetch(url)
    recording.save()
    expect(await (await recorder(never, { file }).fetch(url)).text()).toBe('new')
  })
})

describe('what is taken out of a recording', () => {
  test('is what headers, queries, forms and fields say to be a credential, by name', async () => {
    const { text } = await taped(
      answers(
        new Response(
          '{"client_secret":"pi_1_s","access_token":"tk_99","nested":[{"password":"hunter22"}],"pin":1234}',
          {
            headers: {
              'set-cookie': 'sid=1',
              'x-session-token': 'tok-9',
              'content-type': 'application/json',
            },
          },
        ),
      ),
      [
        [
          `${url}?api_key=k-123&key=k-456&q=fine`,
          { headers: { authorization: 'Bearer b-12345678', cookie: 'c=1' } },
        ],
        [
          url,
          {
            method: 'POST',
            body: new URLSearchParams({ refresh_token: 'r-123', grant_type: 'refresh_token' }),
          },
        ],
        [url, { method: 'POST', body: '<a><SecretAccessKey>x-1</SecretAccessKey><Name>fine</Name></a>' }],
      ],
    )
    expect(text).not.toMatch(/k-123|k-456|b-123|c=1|sid=1|tok-9|r-123|x-1<|pi_1_s|tk_99|hunter22|1234/)
    expect(text).toMatch(/q=fine/)
    expect(text).toMatch(/grant_type=refresh_token/)
    expect(text).toMatch(/<Name>fine/)
  })

  test('is what looks like a credential, an e-mail address or the number of a card', async () => {
    const { text } = await taped(
      answers(
        '{"note":"mail ann@corp.test or bob@corp.test","pan":"4242 4242 4242 4242","raw":4242424242424242,"at":1780000000000,"hook":"whsec_abcdefgh1234","a":"ann@corp.test"}',
      ),
      [[url]],
    )
    expect(text).not.toMatch(/corp\.test|4242|whsec_/)
    expect(text).toContain('mail scrubbed-1@example.com or scrubbed-2@example.com')
    expect(text).toContain('"a": "scrubbed-1@example.com"')
    expect(text).toContain('"at": 1780000000000')
  })

  test('is an id by the rule of the test, the same placeholder for the same id', async () => {
    const ids = [{ as: 'customer', pattern: /cus_\w+/ }]
    const { text, replay } = await taped(
      answers('{"id":"cus_A1","other":"cus_B2"}', '{"ok":1}'),
      [[url], [`${url}/cus_B2`]],
      { ids },
    )
    expect(text).toContain('/v1/things/scrubbed-customer-2')
    const { other } = JSON.parse(await replay(url)) as { other: string }
    expect(await replay(`${url}/${other}`)).toBe('{"ok":1}')
  })

  test('is a value found in one place wherever else it is', async () => {
    const { text, replay } = await taped(answers('{"session_token":"opaque-77-x"}', 'fine'), [
      [url],
      [`${url}/opaque-77-x`],
    ])
    expect(text).not.toContain('opaque-77-x')
    const { session_token: token } = JSON.parse(await replay(url)) as { session_token: string }
    expect(await replay(`${url}/${token}`)).toBe('fine')
  })

  test('is a secret that is the name of a field', async () => {
    const secrets = { KEY: new Secret('correct-horse-battery') }
    const { text } = await taped(answers('{"correct-horse-battery":{"a@b.example":1}}'), [[url]], { secrets })
    expect(text).not.toMatch(/correct-horse|a@b/)
  })

  test('is no fraction, however its digits add up', async () => {
    const body = '{"share":0.35020947042268635,"said":"0.35020947042268635 of it","more":-3640127923654.0005}'
    const { live, replay } = await taped(answers(body), [[url]])
    expect(await replay(url)).toBe(live[0])
  })

  test('leaves the marks by which lists go on', async () => {
    const body = `{"next_page_token":"p2","next":"${url}?page_token=p2","idempotency_key":"i-1"}`
    const { live, replay } = await taped(answers(body), [[url]])
    expect(await replay(url)).toBe(live[0])
  })

  test('counts as equal, so that other credentials find the same answers', async () => {
    const { replay } = await taped(
      answers('1', '2'),
      [
        [`${url}?apikey=REAL-KEY&page=1`],
        [
          'https://api.test/token',
          { method: 'POST', body: '{"client_secret":"real-secret","mail":"x@real.test"}' },
        ],
      ],
      { secrets: { THE_KEY: new Secret('REAL-KEY') } },
    )
    expect(await replay(`${url}?page=1&apikey=fake`)).toBe('1')
    expect(
      await replay('https://api.test/token', {
        method: 'POST',
        body: '{"client_secret":"fake","mail":"y@fake.test"}',
      }),
    ).toBe('2')
  })
})

describe('a recording that may still hold a secret', () => {
  const secret = new Secret('correct-horse-battery')

  test.each([
    [
      'a credential among bytes',
      new Uint8Array(Buffer.from('fffe00 776873 65635f 61626364 65666768 31'.replaceAll(' ', ''), 'hex')),
      {},
      '/exchanges/0/response/body/base64 (a credential)',
    ],
    [
      'an e-mail address among bytes',
      new Uint8Array([0xff, ...Buffer.from(' ann@corp.test ')]),
      {},
      '/exchanges/0/response/body/base64 (an e-mail address)',
    ],
    [
      'a long random word',
      '{"blob":"aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3"}',
      {},
      '/exchanges/0/response/body/json/blob (a key)',
    ],
  ])('is not written: %s', async (_, body, more, place) => {
    const file = cassetteFile()
    const recording = recorder(answers(body), { file, secrets: { KEY: secret }, ...more })
    await recording.fetch(url)
    expect(() => recording.save()).toThrow(place)
    expect(() => recording.save()).toThrow(/was not written/)
    expect(existsSync(file)).toBe(false)
  })

  test('says where and never what, and is written once that is allowed', async () => {
    const word = 'aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3'
    const file = cassetteFile()
    const refusing = recorder(answers(`{"blob":"${word}"}`), { file })
    await refusing.fetch(url)
    const said = (() => {
      try {
        refusing.save()
      } catch (error) {
        return String(error)
      }
      return 'written'
    })()
    expect(said).toContain('/blob (a key)')
    expect(said).not.toContain(word)
    const { text } = await taped(answers(`{"blob":"${word}"}`), [[url]], { allow: [/aB3\w+/] })
    expect(text).toContain(word)
  })

  test('a secret of a few letters can not be looked for', () => {
    expect(() => recorder(never, { file: cassetteFile(), secrets: { PIN: new Secret('1234') } })).toThrow(
      'PIN has less than 6',
    )
  })
})

const jsonBody = fc.json().map((text) => text as string | Uint8Array<ArrayBuffer>)
const anyBody = fc.oneof(
  jsonBody,
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  fc.json({ maxDepth: 2 }).map((text) => JSON.stringify(JSON.parse(text), null, 2)),
)

test('for any answers: what is recorded is replayed byte for byte, apart from what was taken out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyBody, { maxLength: 4 }), async (bodies) => {
      const file = cassetteFile()
      const recording = recorder(answers(...bodies), { file })
      for (const [at] of bodies.entries()) await recording.fetch(`${url}/${at}`)
      recording.save()
      // A number that could be a card's is a number still.
      const changed = /scrubbed|90{11}/.test(readFileSync(file, 'utf8'))
      const replaying = recorder(never, { file, mode: 'replay' })
      for (const [at, body] of bodies.entries()) {
        const again = Buffer.from(await (await replaying.fetch(`${url}/${at}`)).arrayBuffer())
        if (!changed) expect(again).toEqual(Buffer.from(typeof body === 'string' ? Buffer.from(body) : body))
      }
    }),
    { numRuns: 300 },
  )
})

/** Where a secret may stand in what is asked and answered. */
const places: Readonly<
  Record<
    string,
    (secret: string) => { readonly asked: Asked; readonly body: string | Uint8Array<ArrayBuffer> | Response }
  >
> = {
  path: (s) => ({ asked: [`${url}/${encodeURIComponent(s)}`], body: '1' }),
  query: (s) => ({ asked: [`${url}?${new URLSearchParams({ q: s }).toString()}`], body: '1' }),
  'request field': (s) => ({
    asked: [url, { method: 'POST', body: JSON.stringify({ a: [{ b: `x ${s} y` }] }) }],
    body: '1',
  }),
  form: (s) => ({ asked: [url, { method: 'POST', body: new URLSearchParams({ f: s }) }], body: '1' }),
  answer: (s) => ({ asked: [url], body: JSON.stringify({ deep: { er: `before ${s}` } }) }),
  name: (s) => ({ asked: [url], body: JSON.stringify({ [s]: true }) }),
  text: (s) => ({ asked: [url], body: `plain ${s} text` }),
  basic: (s) => ({ asked: [url], body: `x ${Buffer.from(`user:${s}`).toString('base64')} y` }),
  'base64 inside': (s) => ({
    asked: [url],
    body: JSON.stringify({ b: Buffer.from(`ab${s}cd`).toString('base64') }),
  }),
  binary: (s) => ({
    asked: [url],
    body: new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xfe, 0]), Buffer.from(s)])),
  }),
  header: (s) => ({
    asked: [url],
    body: new Response('1', { headers: { 'x-note': encodeURIComponent(s) } }),
  }),
  escaped: (s) => ({
    asked: [url],
    body: `{"a":"${[
      ...Buffer.from(s, 'utf16le')
        .toString('hex')
        .matchAll(/(..)(..)/g),
    ]
      .map(([, low, high]) => `\\u${high}${low}`)
      .join('')}"}`,
  }),
}

test('no secret that the test names ever reaches the file, wherever it stands', async () => {
  const secrets = fc.oneof(
    fc.string({ minLength: 6, maxLength: 40 }).filter((text) => text.trim().length >= 6),
    fc
      .string({ minLength: 6, maxLength: 20, unit: 'grapheme' })
      .map((text) => text.toWellFormed())
      .filter((text) => text.trim().length >= 6),
    fc.base64String({ minLength: 8, maxLength: 48 }),
    fc.uuid(),
  )
  const refused = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(secrets, fc.constantFrom(...Object.keys(places)), async (value, place) => {
      const { asked, body } = places[place]?.(value) ?? { asked: [url] as const, body: '' }
      const file = cassetteFile()
      const recording = recorder(answers(body), { file, secrets: { PLANTED: new Secret(value) } })
      await recording.fetch(...asked)
      try {
        recording.save()
      } catch (error) {
        expect((error as Error).name).toBe('RecordingRefused')
        expect((error as Error).message).not.toContain(value)
        refused.set(place, (refused.get(place) ?? 0) + 1)
        return
      }
      const text = readFileSync(file, 'utf8')
      const contents = JSON.stringify(JSON.parse(text))
      for (const form of [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value),
        Buffer.from(value).toString('base64').replace(/=+$/, ''),
      ])
        expect(contents.includes(form), `${place}: ${form}`).toBe(false)
    }),
    { numRuns: 1_000 },
  )
  // To refuse is the last resort: most are taken out.
  const { name: _, ...others } = Object.fromEntries(refused)
  expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBeLessThan(150)
})

test('a mock, recorded and replayed, can not be told from itself', async () => {
  const stripe = mockProvider('stripe', {
    routes: (answer) => ({
      'GET /v1/customers': answer.list(
        Array.from({ length: 5 }, (_, at) => ({ id: `cus_${at}` })),
        { pageSize: 2 },
      ),
    }),
  })
  const read = async (fetch: Fetch) => {
    const found: unknown[] = []
    for (let after = ''; ;) {
      const page = (await (await fetch(`/v1/customers${after}`)).json()) as {
        data: { id: string }[]
        has_more: boolean
      }
      found.push(...page.data)
      if (!page.has_more) return found
      after = `?starting_after=${page.data.at(-1)?.id}`
    }
  }
  const file = cassetteFile()
  const recording = recorder(stripe.authorized, { file })
  const live = await read(recording.fetch)
  recording.save()
  const replaying = recorder(never, { file })
  expect(await read(replaying.fetch)).toEqual(live)
  expect(replaying.unused()).toEqual([])
})
