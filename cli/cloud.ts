import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import { clientOptions } from '#lib/aws/client-options.ts'
import { signedHeaders } from '#lib/outbound/aws-signature.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import type { Cloud } from './io.ts'

/** A person waits: slower networks than a function's are allowed for. */
const use = { maxAttempts: 3, connectTimeoutMs: 3_000, requestTimeoutMs: 10_000 } as const
const timeoutMs = 10_000

export interface CloudOptions {
  readonly fetch: typeof fetch
  readonly clock: Clock
  /** Of CloudWatch; default: that of AWS. */
  readonly endpoint?: string
}

/** The account that the environment's credentials belong to, as far as `doctor` looks: it reads, and changes nothing. */
export function openCloud({ fetch, clock, endpoint }: CloudOptions): Cloud {
  const client = new CloudWatchClient({ ...clientOptions(use), ...(endpoint !== undefined && { endpoint }) })
  const signed = async (service: string, path: string): Promise<unknown> => {
    const [region, found] = await Promise.all([client.config.region(), client.config.credentials()])
    const credentials = {
      accessKeyId: found.accessKeyId,
      secretAccessKey: new Secret(found.secretAccessKey),
      ...(found.sessionToken !== undefined && { sessionToken: new Secret(found.sessionToken) }),
    }
    const request = {
      method: 'GET',
      url: new URL(path, `https://${service}.${region}.amazonaws.com`),
      headers: new Headers({ accept: 'application/json' }),
      body: undefined,
    }
    const headers = signedHeaders(request, credentials, { service, region }, clock.now())
    const signal = AbortSignal.timeout(timeoutMs)
    return read(await fetch(request.url, { headers, signal, redirect: 'error' }))
  }
  return {
    async identity() {
      const path = '/?Action=GetCallerIdentity&Version=2011-06-15'
      const answer = (await signed('sts', path)) as {
        readonly GetCallerIdentityResponse?: {
          readonly GetCallerIdentityResult?: { readonly Arn?: string; readonly Account?: string }
        }
      }
      const { Arn = '', Account = '' } = answer.GetCallerIdentityResponse?.GetCallerIdentityResult ?? {}
      return { arn: Arn, account: Account, region: await client.config.region() }
    },
    async alarms(prefix) {
      const alarms: { name: string; state: string; actions: boolean }[] = []
      const input = { AlarmNamePrefix: prefix, AlarmTypes: ['MetricAlarm' as const] }
      for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, input))
        for (const { AlarmName = '', StateValue = '', ActionsEnabled = false } of MetricAlarms)
          alarms.push({ name: AlarmName, state: StateValue, actions: ActionsEnabled })
      return alarms
    },
    async schedules(prefix) {
      const path = `/schedules?${new URLSearchParams({ MaxResults: '100', NamePrefix: prefix }).toString()}`
      const answer = (await signed('scheduler', path)) as {
        readonly Schedules?: readonly { readonly Name?: string; readonly State?: string }[]
      }
      return (answer.Schedules ?? []).map(({ Name = '', State = '' }) => ({
        name: Name,
        isEnabled: State === 'ENABLED',
      }))
    },
  }
}

/** @throws Error named as AWS names the fault. */
async function read(response: Response): Promise<unknown> {
  const document = (await response.json().catch(() => ({}))) as {
    readonly Error?: { readonly Code?: string }
  }
  if (response.ok) return document
  const error = new Error(`AWS answered ${response.status}`)
  const header = response.headers.get('x-amzn-errortype')?.split(':')[0]
  error.name = header ?? document.Error?.Code ?? `Http${response.status}`
  throw error
}
