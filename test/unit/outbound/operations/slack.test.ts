import { describe, expect, test } from 'vitest'
import { postMessage, readHistory, type MessageInput } from '#lib/outbound/operations/slack.ts'
import { collect, givenApi, queryOf } from './given-api.ts'

const posted = {
  ok: true,
  channel: 'C123ABC456',
  ts: '1503435956.000247',
  message: { text: 'Here' },
  new_field: 1,
}

describe('a message', () => {
  test('is posted as JSON, with its character set, and known by its time', async () => {
    const { client, sent } = givenApi('slack', { body: posted })
    const input = { channel: '#general', text: 'Here', threadTs: '1503435900.000100', plain: true }
    expect(await postMessage(client, input)).toMatchObject({ ts: '1503435956.000247', new_field: 1 })
    expect(sent[0]).toMatchObject({
      method: 'POST',
      target: '/chat.postMessage',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      channel: '#general',
      text: 'Here',
      thread_ts: '1503435900.000100',
      mrkdwn: false,
      parse: 'none',
    })
  })

  test('that Slack refuses inside a 200 is an error', async () => {
    const { client } = givenApi('slack', { body: { ok: false, error: 'not_in_channel' } })
    const sending = postMessage(client, { channel: 'C1', text: 'x' })
    await expect(sending).rejects.toMatchObject({ kind: 'forbidden', code: 'not_in_channel' })
  })

  test.each([
    ['/text', { channel: 'C1', text: '' }],
    ['/channel', { channel: 'a b', text: 'x' }],
    ['/threadTs', { channel: 'C1', text: 'x', threadTs: 1_503_435_956 }],
    ['/blocks/0/type', { channel: 'C1', text: 'x', blocks: [{}] }],
  ])('with a wrong %s is not sent', async (place, input) => {
    const { client, sent } = givenApi('slack')
    await expect(postMessage(client, input as MessageInput)).rejects.toThrow(place)
    expect(sent).toEqual([])
  })

  test('whose time is a number is refused: digits would be lost', async () => {
    const { client } = givenApi('slack', { body: { ...posted, ts: 1_503_435_956.000247 } })
    await expect(postMessage(client, { channel: 'C1', text: 'x' })).rejects.toThrow(/at \/ts$/)
  })
})

test('a history is read by its cursor until that is empty', async () => {
  const of = (ts: string) => ({ type: 'message', ts, text: 'hi', user: 'U1' })
  const { client, sent } = givenApi(
    'slack',
    {
      body: {
        ok: true,
        messages: [of('3.000000'), of('2.000000')],
        response_metadata: { next_cursor: 'bmV4dA==' },
      },
    },
    { body: { ok: true, messages: [of('1.000000')], response_metadata: { next_cursor: '' } } },
  )
  const found = await collect(readHistory(client, { channel: 'C123ABC456', oldest: '1.000000' }))
  expect(found.map(({ ts }) => ts)).toEqual(['3.000000', '2.000000', '1.000000'])
  const query = { channel: 'C123ABC456', oldest: '1.000000', inclusive: 'true', limit: '200' }
  expect(sent.map(({ target }) => queryOf(target))).toEqual([query, { ...query, cursor: 'bmV4dA==' }])
  expect(sent[0]?.target).toMatch(/^\/conversations\.history\?/)
})
