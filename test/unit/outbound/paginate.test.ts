import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ApiClient } from '#lib/outbound/api-client.ts'
import { jsonLines } from '#lib/outbound/lines.ts'
import { linkOf, nextPlace } from '#lib/outbound/page-turn.ts'
import { itemsIn, pagesOf, type ListOptions } from '#lib/outbound/paginate.ts'
import { etherscan } from '#lib/providers/etherscan.ts'
import type { PageDialect } from '#lib/providers/pages.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

interface Answering {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly status?: number
}

/** An API that answers by what is asked, and keeps it. */
function api(answer: (url: URL, nth: number) => Answering) {
  const asked: string[] = []
  const client: ApiClient = {
    provider: 'test',
    api: undefined,
    clock: virtualClock(),
    fetch: async (input) => {
      const url = new URL(input instanceof Request ? input.url : input, 'https://api.example')
      const { body, headers = {}, status = 200 } = answer(url, asked.push(url.pathname + url.search))
      const response = new Response(body === undefined ? '' : JSON.stringify(body), { status, headers })
      Object.defineProperty(response, 'url', { value: url.href })
      return response
    },
  }
  return { client, asked }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) found.push(item)
  return found
}

const all = (client: ApiClient, options: ListOptions): Promise<unknown[]> => collect(itemsIn(client, options))

/** Ten things, 1 to 10. */
const things = Array.from({ length: 10 }, (_, i) => ({ id: `i${i + 1}`, n: i + 1 }))
const numbers = things.map(({ n }) => n)
const read = async (client: ApiClient, options: ListOptions) =>
  (await all(client, options)).map((item) => (item as { n: number }).n)
const int = (url: URL, name: string): number => Number(url.searchParams.get(name))

/** Each dialect with a provider that speaks it, three items a page. */
const dialects: readonly { name: string; dialect: PageDialect; answer: (url: URL) => Answering }[] = [
  {
    name: 'offset with a total',
    dialect: { kind: 'offset', offset: 'offset', total: '/count', items: '/results', size: 'limit', max: 3 },
    answer: (url) => ({
      body: { count: 10, results: things.slice(int(url, 'offset'), int(url, 'offset') + 3) },
    }),
  },
  {
    name: 'offset without a total',
    dialect: { kind: 'offset', offset: 'skip', items: '' },
    answer: (url) => ({ body: things.slice(int(url, 'skip'), int(url, 'skip') + 3) }),
  },
  {
    name: 'page numbers',
    dialect: { kind: 'page', page: 'page', first: 1, items: '' },
    answer: (url) => ({ body: things.slice((int(url, 'page') - 1) * 3, int(url, 'page') * 3) }),
  },
  {
    name: 'page numbers that the answer names',
    dialect: { kind: 'page', page: 'page', first: 1, next: '/next', items: '/data' },
    answer: (url) => {
      const page = int(url, 'page')
      return { body: { data: things.slice((page - 1) * 3, page * 3), next: page < 4 ? page + 1 : null } }
    },
  },
  {
    name: 'a cursor',
    dialect: { kind: 'cursor', cursor: 'cursor', next: '/meta/next', items: '/items' },
    answer: (url) => {
      const from = int(url, 'cursor')
      return {
        body: { items: things.slice(from, from + 3), meta: { next: from < 9 ? String(from + 3) : '' } },
      }
    },
  },
  {
    name: 'the last id',
    dialect: { kind: 'keyset', after: 'after', id: '/id', hasMore: '/more', items: '/data' },
    answer: (url) => {
      const from = things.findIndex(({ id }) => id === url.searchParams.get('after')) + 1
      return { body: { data: things.slice(from, from + 3), more: from + 3 < 10 } }
    },
  },
  {
    name: 'Link headers',
    dialect: { kind: 'link', items: '', size: 'per_page', max: 3 },
    answer: (url) => {
      const page = int(url, 'page') || 1
      const next = `<https://api.example/things?page=${page + 1}&per_page=3>; rel="next", <x>; rel="last"`
      return { body: things.slice((page - 1) * 3, page * 3), headers: page < 4 ? { link: next } : {} }
    },
  },
  {
    name: 'addresses in the body',
    dialect: { kind: 'next-url', next: '/next_page_uri', items: '/messages' },
    answer: (url) => {
      const page = int(url, 'Page')
      const next = page < 3 ? `/things?Page=${page + 1}` : null
      return { body: { messages: things.slice(page * 3, page * 3 + 3), next_page_uri: next } }
    },
  },
  {
    name: 'a page in a header',
    dialect: { kind: 'page-header', page: 'page', header: 'x-next-page', items: '' },
    answer: (url) => {
      const page = int(url, 'page') || 1
      const headers = { 'x-next-page': page < 4 ? String(page + 1) : '' }
      return { body: things.slice((page - 1) * 3, page * 3), headers }
    },
  },
]

describe('a list', () => {
  test.each(dialects)('by $name is read to its end, each item once', async ({ dialect, answer }) => {
    expect(await read(api(answer).client, { dialect, start: '/things' })).toEqual(numbers)
  })

  test.each(dialects)('by $name goes on from any of its pages', async ({ dialect, answer }) => {
    const { client } = api(answer)
    for await (const { next } of pagesOf(client, { dialect, start: '/things' })) {
      if (!next) break
      // As it is kept.
      const from = JSON.parse(JSON.stringify(next)) as typeof next
      const rest = await read(client, { dialect, start: '/things', from })
      expect(rest).toEqual(numbers.slice(numbers.length - rest.length))
      expect(rest.length).toBeLessThan(numbers.length)
    }
  })

  test('of a query language is read by its words, and an answer without its name is empty', async () => {
    const dialect = {
      kind: 'query-words',
      query: 'query',
      start: 'STARTPOSITION',
      first: 1,
      items: '/QueryResponse',
      size: 'MAXRESULTS',
      max: 3,
    } as const
    const { client, asked } = api((url) => {
      const start = Number(/STARTPOSITION (\d+)/.exec(url.searchParams.get('query') ?? '')?.[1])
      const found = things.slice(start - 1, start + 2)
      return { body: { QueryResponse: found.length > 0 ? { Invoice: found } : {} } }
    })
    const start = '/query?query=select+*+from+Invoice&minorversion=75'
    expect(await read(client, { dialect, start, items: '/QueryResponse/Invoice' })).toEqual(numbers)
    expect(new URLSearchParams(asked[1]?.split('?')[1]).get('query')).toBe(
      'select * from Invoice STARTPOSITION 4 MAXRESULTS 3',
    )
  })

  test('of blocks goes on with the last block where pages reach no further, and skips none', async () => {
    const chain = Array.from({ length: 25 }, (_, i) => ({ n: i, blockNumber: String(Math.floor(i / 2)) }))
    const dialect = {
      kind: 'block-window',
      from: 'startblock',
      to: 'endblock',
      page: 'page',
      reach: 8,
      items: '/result',
      size: 'offset',
      max: 4,
    } as const
    const { client } = api((url) => {
      const from = chain.filter(({ blockNumber }) => Number(blockNumber) >= int(url, 'startblock'))
      const page = int(url, 'page')
      return { body: { result: page > 2 ? [] : from.slice((page - 1) * 4, page * 4) } }
    })
    const found = await read(client, { dialect, start: '/api?startblock=0&endblock=99' })
    expect(new Set(found)).toEqual(new Set(chain.map(({ n }) => n)))
  })

  test('does not ask for a page after the one that is said to be the last', async () => {
    const dialect = { kind: 'page', page: 'p', first: 1, last: '/pages', items: '/list' } as const
    const { client, asked } = api((url) => ({ body: { pages: 2, list: [{ n: int(url, 'p') }] } }))
    expect(await read(client, { dialect, start: '/a' })).toEqual([1, 2])
    expect(asked).toEqual(['/a?p=1', '/a?p=2'])
  })

  test('of a chain ends, as Etherscan is asked for it', async () => {
    const chain = Array.from({ length: 2_500 }, (_, i) => ({ n: i, blockNumber: String(i) }))
    const { client, asked } = api((url) => {
      const page = int(url, 'page')
      const size = int(url, 'offset')
      return { body: { result: chain.slice((page - 1) * size, page * size) } }
    })
    const dialect = etherscan.api.pages.default
    expect(await read(client, { dialect, start: '/api?startblock=0' })).toHaveLength(2_500)
    expect(asked).toHaveLength(4)
  })

  test('asks for pages of the size that is wanted, and for no more than there is', async () => {
    const { client, asked } = api(() => ({ body: [] }))
    const dialect = { kind: 'link', items: '', size: 'per_page', max: 100 } as const
    await all(client, { dialect, start: '/a?since=1', pageSize: 20 })
    await all(client, { dialect, start: '/a', pageSize: 1_000 })
    expect(asked).toEqual(['/a?since=1&per_page=20', '/a?per_page=100'])
  })

  test('asks for a page only when it is wanted', async () => {
    const { client, asked } = api((url) => ({ body: things.slice(int(url, 'skip'), int(url, 'skip') + 3) }))
    for await (const item of itemsIn(client, {
      dialect: { kind: 'offset', offset: 'skip', items: '' },
      start: '/',
    }))
      if ((item as { n: number }).n === 2) break
    expect(asked).toHaveLength(1)
  })
})

describe('B120: a list that', () => {
  const link = (url: string) => ({ body: things, headers: { link: `<${url}>; rel=next` } })
  const dialect = { kind: 'link', items: '' } as const
  const refused = { code: 'ANSWER_REFUSED' }

  test.each([
    'https://evil.example/things',
    'http://api.example/things',
    'https://api.example:8443/x',
    '//evil.example/',
  ])('leads to %s is refused before anything is sent there', async (url) => {
    const { client, asked } = api(() => link(url))
    await expect(all(client, { dialect, start: '/things' })).rejects.toMatchObject(refused)
    expect(asked).toHaveLength(1)
  })

  test('leads back to a page of itself is refused', async () => {
    const { client } = api((url) => ({
      ...link(url.searchParams.has('b') ? '/things?a=1' : '/things?b=1'),
      body: [{ n: url.search }],
    }))
    await expect(all(client, { dialect, start: '/things?a=1' })).rejects.toMatchObject(refused)
  })

  test('gives the same page again and again is refused', async () => {
    const { client, asked } = api(() => ({ body: things }))
    const byPage = { kind: 'page', page: 'page', first: 1, items: '' } as const
    await expect(all(client, { dialect: byPage, start: '/' })).rejects.toMatchObject(refused)
    expect(asked).toHaveLength(2)
  })

  test('does not end is refused after as many pages as allowed', async () => {
    const { client, asked } = api((_, nth) => ({ body: [{ nth }], headers: { link: `</${nth}>; rel=next` } }))
    await expect(all(client, { dialect, start: '/', maxPages: 50 })).rejects.toMatchObject(refused)
    expect(asked).toHaveLength(50)
  })

  test.each([[{ error: 'x' }], [null], ['text'], [{ items: {} }]])(
    'B119: is %j instead of a list is refused',
    async (body) => {
      const { client } = api(() => ({ body }))
      const list = { kind: 'link', items: '/items' } as const
      await expect(all(client, { dialect: list, start: '/' })).rejects.toMatchObject(refused)
    },
  )

  test('B119: is a page of HTML with 200 is refused', async () => {
    const client: ApiClient = { ...api(() => ({})).client, fetch: async () => new Response('<html>') }
    await expect(all(client, { dialect, start: '/' })).rejects.toMatchObject(refused)
  })

  test('B116: has no body is empty', async () => {
    expect(await all(api(() => ({})).client, { dialect, start: '/' })).toEqual([])
  })

  test('fails on a page throws what the provider says', async () => {
    const { client } = api((_, nth) => (nth === 1 ? link('/2') : { status: 503, body: {} }))
    await expect(all(client, { dialect, start: '/' })).rejects.toMatchObject({
      name: 'ApiError',
      status: 503,
    })
  })
})

describe('B121: a cursor', () => {
  const dialect = { kind: 'cursor', cursor: 'c', next: '/next', items: '' } as const
  const place = (next: unknown) =>
    nextPlace(dialect, { place: { params: {} }, items: [1], body: { next }, headers: new Headers() })

  test.each([[undefined], [null], [''], [false]])('%j is the end', (next) =>
    expect(place(next)).toBeUndefined(),
  )

  test.each([['a'.repeat(4_097)], ['a\nb'], ['\u0000'], [{}], [[]], [true]])('%j is refused', (next) =>
    expect(() => place(next)).toThrow('cursor'),
  )

  test('of any form and length is passed on whole, is the end, or is refused: 100,000 cases', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: 'binary', maxLength: 5_000 })), (next) => {
        try {
          const found = place(next)
          if (found) expect(found).toEqual({ params: { c: String(next) } })
        } catch (error) {
          expect(error).toMatchObject({ code: 'ANSWER_REFUSED' })
        }
      }),
      { numRuns: 100_000, seed: 121 },
    )
  })
})

describe('a Link header', () => {
  test.each([
    ['<https://a/?p=2>; rel="next"', 'https://a/?p=2'],
    ['<https://a/?p=2>; rel=next', 'https://a/?p=2'],
    ['<https://a/?p=1>; rel="prev", <https://a/?p=3>; rel="next"', 'https://a/?p=3'],
    ['<https://a/?a=1,2;3>; rel="next"', 'https://a/?a=1,2;3'],
    ['<https://a/>; title="a, <b>; rel=\\"next\\""; rel="last", <https://b/>; rel="next"', 'https://b/'],
    ['<https://a/>; rel="start next"', 'https://a/'],
    ['<https://a/>;REL=NEXT', 'https://a/'],
    ['<https://a/>; rel="nextish"', undefined],
    ['https://a/; rel="next"', undefined],
    ['<https://a/; rel="next"', undefined],
    ['', undefined],
  ])('%s leads to %s', (header, target) => expect(linkOf(header, 'next')).toBe(target))

  test('of any form is read in time that grows with its length: 100,000 cases', () => {
    const part = fc.constantFrom('<', '>', ';', ',', '"', '\\', 'rel', '=', 'next', ' ', 'https://a/', 'x')
    const headers = fc.array(part, { maxLength: 60 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(headers, (header) => {
        const target = linkOf(header, 'next')
        if (target !== undefined) expect(header).toContain(target)
      }),
      { numRuns: 100_000, seed: 120 },
    )
    expect(linkOf(`<a>; ${'x="'.repeat(20_000)}`, 'next')).toBeUndefined()
    expect(linkOf('<'.repeat(50_000), 'next')).toBeUndefined()
  })
})

describe('lines of JSON', () => {
  const stream = (...chunks: readonly string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk))
        controller.close()
      },
    })
  const lines = async (...chunks: readonly string[]) => collect(jsonLines(stream(...chunks), 100))

  test('are read however they are cut', () => {
    const text = '{"a":"ä"}\n\n[1]\r\n"x"\n3'
    const bytes = Buffer.from(text)
    return fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = edges.slice(1).map((end, i) => bytes.subarray(edges[i], end))
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const chunk of chunks) if (chunk.length > 0) controller.enqueue(chunk)
            controller.close()
          },
        })
        expect(await collect(jsonLines(body))).toEqual([{ a: 'ä' }, [1], 'x', 3])
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  test('that are no JSON, or too long, are refused', async () => {
    await expect(lines('{"a":1}\n{oops\n')).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
    await expect(lines('"', 'a'.repeat(101))).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
  })

  test('of no body are none', async () => {
    expect(await collect(jsonLines(null))).toEqual([])
  })
})
