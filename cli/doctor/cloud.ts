import type { Cloud } from '../io.ts'
import { counted, plain } from '../text.ts'
import { awsFix } from './aws-fix.ts'
import { fault, ok, unknown, warning, type Finding } from './finding.ts'

/** What only the account knows: who asks, the schedules and the alarms of a stage. A right that is missing is named, and is no fault. */
export async function checkCloud(stage: string, cloud: Cloud): Promise<readonly Finding[]> {
  const identity = await tried('identity', 'sts:GetCallerIdentity', async () => {
    const { arn, account, region } = await cloud.identity()
    return ok('identity', `${plain(arn)} in ${plain(account)}, ${plain(region)}`)
  })
  // Without credentials every question would fail alike.
  if (identity.status === 'unknown') return [identity]
  const [schedules, alarms] = await Promise.all([
    tried('schedules in AWS', 'scheduler:ListSchedules', () => ofSchedules(stage, cloud)),
    tried('alarms', 'cloudwatch:DescribeAlarms', () => ofAlarms(stage, cloud)),
  ])
  return [identity, schedules, alarms]
}

/** On a local stack there is no account to ask. */
export const noCloud: readonly Finding[] = ['alarms', 'identity'].map((check) =>
  unknown(check, 'a local stack has none', 'nothing to do: it is for deployments in AWS'),
)

async function tried(check: string, action: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look()
  } catch (error) {
    return unknown(check, ...awsFix(error, action))
  }
}

/** What runs each minute: sweeper, refresher and poller. */
const expected = 3

async function ofSchedules(stage: string, cloud: Cloud): Promise<Finding> {
  const check = 'schedules in AWS'
  const schedules = await cloud.schedules(`Sluice-${stage}-`)
  const off = schedules.filter(({ isEnabled }) => !isEnabled)
  if (off.length > 0)
    return fault(
      check,
      `${off.map(({ name }) => plain(name)).join(', ')} disabled`,
      `deploy again: \`npx cdk deploy -c stage=${stage}\`, or enable them in the console of EventBridge Scheduler`,
    )
  if (schedules.length >= expected) return ok(check, `${counted(schedules.length, 'schedule')} enabled`)
  return unknown(
    check,
    `${counted(schedules.length, 'schedule')} of the stack Sluice-${stage} in this account and region`,
    'use AWS_PROFILE and AWS_REGION of the deployment; a stack of another name is seen by its last runs alone',
  )
}

async function ofAlarms(stage: string, cloud: Cloud): Promise<Finding> {
  const prefix = `sluice-${stage}-`
  const alarms = await cloud.alarms(prefix)
  if (alarms.length === 0)
    return warning(
      'alarms',
      `no alarm is called ${prefix}… in this account and region`,
      `use AWS_PROFILE and AWS_REGION of the deployment, or deploy again: \`npx cdk deploy -c stage=${stage}\``,
    )
  const short = ({ name }: { readonly name: string }): string => plain(name.slice(prefix.length))
  const ringing = alarms.filter(({ state }) => state === 'ALARM')
  if (ringing.length > 0)
    return fault(
      'alarms',
      `ringing: ${ringing.map(short).join(', ')}`,
      `do what docs/runbook.md says under "${ringing.map(short)[0] ?? ''}"`,
    )
  const silent = alarms.filter(({ actions }) => !actions)
  if (silent.length > 0)
    return warning(
      'alarms',
      `switched off: ${silent.map(short).join(', ')}`,
      `\`aws cloudwatch enable-alarm-actions --alarm-names ${silent.map(({ name }) => plain(name)).join(' ')}\``,
    )
  return ok('alarms', `none of ${alarms.length} rings`)
}
