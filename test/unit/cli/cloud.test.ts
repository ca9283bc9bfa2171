import { beforeEach, expect, test, vi } from 'vitest'
import { openCloud } from '#cli/cloud.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'
import { loopback } from './given.ts'

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-key-of-the-test')
  vi.stubEnv('AWS_SESSION_TOKEN', '')
  vi.stubEnv('AWS_REGION', 'eu-west-1')
})

/** An account in which AWS answers as told; with what it was asked. */
async function given(answer: (url: URL) => Response, alarms: (body: string) => object = () => ({})) {
  const asked: { readonly url: URL; readonly headers: Headers }[] = []
  const server = await loopback(({ body }) => ({ body: alarms(body.toString()) }))
  const cloud = openCloud({
    clock: virtualClock(),
    endpoint: server.url,
    fetch: async (...request) => {
      const { url, headers } = new Request(...request)
      asked.push({ url: new URL(url), headers })
      return answer(new URL(url))
    },
  })
  return { cloud, asked, server }
}

test('the identity is asked of STS in the own region, signed, and without the secret key', async () => {
  const GetCallerIdentityResult = { Arn: 'arn:aws:iam::123456789012:user/ann', Account: '123456789012' }
  const { cloud, asked } = await given(() =>
    Response.json({ GetCallerIdentityResponse: { GetCallerIdentityResult } }),
  )

  expect(await cloud.identity()).toEqual({
    arn: 'arn:aws:iam::123456789012:user/ann',
    account: '123456789012',
    region: 'eu-west-1',
  })
  const [{ url, headers } = { url: new URL('x:y'), headers: new Headers() }] = asked
  expect(url.href).toBe('https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15')
  expect(headers.get('authorization')).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/sts\//,
  )
  expect(JSON.stringify([...headers])).not.toContain('a-key-of-the-test')
})

test('schedules are found by the beginning of their names', async () => {
  const { cloud, asked } = await given(() =>
    Response.json({
      Schedules: [
        { Name: 'Sluice-dev-Poll', State: 'ENABLED' },
        { Name: 'Sluice-dev-Sweep', State: 'DISABLED' },
      ],
    }),
  )
  expect(await cloud.schedules('Sluice-dev-')).toEqual([
    { name: 'Sluice-dev-Poll', isEnabled: true },
    { name: 'Sluice-dev-Sweep', isEnabled: false },
  ])
  expect(asked.map(({ url }) => url.href)).toEqual([
    'https://scheduler.eu-west-1.amazonaws.com/schedules?MaxResults=100&NamePrefix=Sluice-dev-',
  ])
})

test('alarms are read page by page', async () => {
  const alarm = (name: string, state: string) => ({
    AlarmName: name,
    StateValue: state,
    ActionsEnabled: true,
  })
  const { cloud, server } = await given(
    () => new Response(),
    (body) =>
      body.includes('"NextToken"')
        ? { MetricAlarms: [alarm('sluice-dev-b', 'ALARM')] }
        : { MetricAlarms: [alarm('sluice-dev-a', 'OK')], NextToken: 'more' },
  )
  expect(await cloud.alarms('sluice-dev-')).toEqual([
    { name: 'sluice-dev-a', state: 'OK', actions: true },
    { name: 'sluice-dev-b', state: 'ALARM', actions: true },
  ])
  expect(server.received).toHaveLength(2)
  expect(server.received[0]?.body.toString()).toContain('"AlarmNamePrefix":"sluice-dev-"')
})

test.each([
  [
    'of the header',
    new Headers({ 'x-amzn-errortype': 'AccessDeniedException:http://x' }),
    {},
    'AccessDeniedException',
  ],
  ['of the document', new Headers(), { Error: { Code: 'InvalidClientTokenId' } }, 'InvalidClientTokenId'],
  ['of its status', new Headers(), {}, 'Http403'],
])("a refusal has AWS's name %s", async (_, headers, body, name) => {
  const { cloud } = await given(() => Response.json(body, { status: 403, headers }))
  await expect(cloud.schedules('x')).rejects.toMatchObject({ name })
})
