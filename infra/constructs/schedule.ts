import { Duration } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import type { Control } from './control.ts'
import type { GatewayFunction } from './gateway-function.ts'

export interface ScheduleProps {
  readonly periodMs: number
  readonly start: GatewayFunction
  /** Where it notes its ends. */
  readonly control: Control
}

/** Starts a function again and again. A start that fails is not repeated: the next one is near. */
export class Schedule extends Construct {
  constructor(scope: Construct, id: string, { periodMs, start, control }: ScheduleProps) {
    super(scope, id)
    control.lendRounds(start)
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [start.lambda.functionArn] }),
    )
    const minutes = Duration.millis(periodMs).toMinutes()
    new CfnSchedule(this, 'Schedule', {
      scheduleExpression: `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: start.lambda.functionArn,
        roleArn: role.roleArn,
        input: '{}',
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      },
    })
  }
}
