import { describe, expect, test } from 'vitest'
import {
  createWebhook,
  listCommits,
  listDeliveries,
  redeliver,
  undelivered,
  type Delivery,
} from '#lib/outbound/operations/github.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { collect, givenApi } from './given-api.ts'

const hook = {
  type: 'Repository',
  id: 12_345_678,
  name: 'web',
  active: true,
  events: ['push', 'pull_request'],
  config: { content_type: 'json', insecure_ssl: '0', url: 'https://example.com/webhooks/github' },
  new_field: null,
}
const wanted = { owner: 'octocat', repo: 'hello-world', url: 'https://example.com/webhooks/github' }

describe('a webhook', () => {
  test('is made with JSON bodies, checked certificates and a secret', async () => {
    const { client, sent } = givenApi('github', { status: 201, body: hook })
    const input = { ...wanted, events: ['push', 'pull_request'] }
    const made = await createWebhook(client, input, new Secret('s3cret'))
    expect(made).toMatchObject({ id: 12_345_678, new_field: null })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/repos/octocat/hello-world/hooks' })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      name: 'web',
      active: true,
      events: ['push', 'pull_request'],
      config: { url: wanted.url, content_type: 'json', insecure_ssl: '0', secret: 's3cret' },
    })
  })

  test.each([
    ['/url must be an https address', { ...wanted, url: 'http://example.com' }],
    ['/owner', { ...wanted, owner: '../..' }],
    ['/repo', { ...wanted, repo: '..' }],
    ['/events/0', { ...wanted, events: ['Push!'] }],
  ])('is not asked for with a wrong input: %s', async (place, input) => {
    const { client, sent } = givenApi('github')
    await expect(createWebhook(client, input, new Secret('s'))).rejects.toThrow(place)
    expect(sent).toEqual([])
  })

  test('that exists is an error that a retry does not mend', async () => {
    const body = {
      message: 'Validation Failed',
      errors: [{ code: 'custom', message: 'Hook already exists' }],
    }
    const { client } = givenApi('github', { status: 422, body })
    const making = createWebhook(client, wanted, new Secret('s3cret'))
    await expect(making).rejects.toMatchObject({ kind: 'invalid', retryable: false })
  })
})

describe('commits', () => {
  const commit = (digit: string) => ({
    sha: digit.repeat(40),
    commit: { message: 'Fix all the bugs', author: { name: 'Monalisa', date: '2026-11-14T16:00:49Z' } },
    author: null,
    parents: [],
  })

  test('are read along the Link of each page', async () => {
    const next = 'https://api.example/repositories/1/commits?per_page=100&page=2'
    const { client, sent } = givenApi(
      'github',
      { body: [commit('a'), commit('b')], headers: { link: `<${next}>; rel="next", <${next}>; rel="last"` } },
      { body: [commit('c')] },
    )
    const input = { owner: 'octocat', repo: 'hello-world', since: '2026-11-01T00:00:00Z' }
    const found = await collect(listCommits(client, input))
    expect(found.map(({ sha }) => sha[0])).toEqual(['a', 'b', 'c'])
    expect(sent.map(({ target }) => target)).toEqual([
      '/repos/octocat/hello-world/commits?since=2026-11-01T00%3A00%3A00Z&per_page=100',
      next,
    ])
  })

  test('of wrong types are refused, with the place', async () => {
    const { client } = givenApi('github', { body: [{ ...commit('a'), commit: { author: null } }] })
    const reading = collect(listCommits(client, { owner: 'o', repo: 'r' }))
    await expect(reading).rejects.toThrow(/at \/commit\/message$/)
  })

  test('since a time without a zone are not asked for', () => {
    const { client } = givenApi('github')
    const input = { owner: 'o', repo: 'r', since: '2026-11-01T00:00:00' }
    expect(() => listCommits(client, input)).toThrow('/since must be a time with its zone')
  })
})

describe('deliveries', () => {
  const attempt = (id: number, guid: string, code: number): Delivery => ({
    id,
    guid,
    delivered_at: `2026-11-20T08:00:${String(id).padStart(2, '0')}Z`,
    redelivery: id > 3,
    status: code === 200 ? 'OK' : 'failed',
    status_code: code,
    event: 'push',
    action: null,
  })

  test('that never arrived are those of which no attempt did, by the newest of them', async () => {
    const attempts = [
      attempt(5, 'c', 502),
      attempt(4, 'b', 202),
      attempt(3, 'c', 0),
      attempt(2, 'b', 500),
      attempt(1, 'a', 200),
    ]
    const { client, sent } = givenApi('github', { body: attempts })
    const found = await collect(listDeliveries(client, { owner: 'o', repo: 'r', hookId: 7 }))
    expect(sent[0]?.target).toBe('/repos/o/r/hooks/7/deliveries?per_page=100')
    expect(undelivered(found).map(({ id }) => id)).toEqual([5])
    expect(undelivered(found.toReversed()).map(({ id }) => id)).toEqual([5])
  })

  test('are sent again, and the answer says no more than that', async () => {
    const { client, sent } = givenApi('github', { status: 202, body: {} })
    await redeliver(client, { owner: 'o', repo: 'r', hookId: 7, deliveryId: 5 })
    expect(sent[0]).toMatchObject({ method: 'POST', target: '/repos/o/r/hooks/7/deliveries/5/attempts' })
  })
})
