import { Stack } from 'aws-cdk-lib'
import {
  Alarm,
  AnomalyDetectionAlarm,
  ComparisonOperator,
  TreatMissingData,
  type AlarmProps,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { alarmList, type AlarmWords } from './alarm-list.ts'
import type { Watched } from './watched.ts'

export interface AlarmsProps extends Watched {
  /** Who is told, after confirming it by a mail of SNS. */
  readonly email: string | undefined
}

/** Half of all normal points lie within 0.67 standard deviations, 99.7% within 3: less would ring each day. */
const bandWidth = 3

/** Every alarm of a stage, and the topic that they tell. Each description ends with its part of the runbook. */
export class Alarms extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.topic = this.#makeTopic(props)
    for (const words of alarmList(props)) this.#make(words, props.stage)
  }

  #make(
    { name, says, metric, above, of: [bad, periods] = [1, 1], needsData }: AlarmWords,
    stage: string,
  ): void {
    const shared: Omit<AlarmProps, 'threshold'> = {
      alarmName: `sluice-${stage}-${name}`,
      alarmDescription: `${says} What to do: docs/runbook.md#${name}`,
      metric,
      evaluationPeriods: periods,
      datapointsToAlarm: bad,
      treatMissingData: needsData ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    }
    const alarm =
      above === 'unusual'
        ? new AnomalyDetectionAlarm(this, name, {
            ...shared,
            stdDevs: bandWidth,
            comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
          })
        : new Alarm(this, name, {
            ...shared,
            threshold: above,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
          })
    const action = new SnsAction(this.topic)
    alarm.addAlarmAction(action)
    alarm.addOkAction(action)
  }

  /** Not encrypted by a key: that of SNS lets no alarm publish, and one of our own would cost more than what it hides. */
  #makeTopic({ email }: AlarmsProps): Topic {
    const topic = new Topic(this, 'Topic', { displayName: 'Sluice alarms', enforceSSL: true })
    // A topic with a policy has no other: without this line no alarm would get through.
    topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    if (email !== undefined) topic.addSubscription(new EmailSubscription(email))
    return topic
  }
}
