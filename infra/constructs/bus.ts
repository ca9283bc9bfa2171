import { Duration } from 'aws-cdk-lib'
import { Archive, EventBus } from 'aws-cdk-lib/aws-events'
import { Construct } from 'constructs'
import { busSource } from '#lib/config/names.ts'
import type { GatewayFunction } from './gateway-function.ts'

/** Where every event is published as a CloudEvent. The archive keeps what no rule took, so a rule added late can still have it. */
export class Bus extends Construct {
  readonly bus: EventBus

  constructor(scope: Construct, id: string, { stage }: { readonly stage: string }) {
    super(scope, id)
    this.bus = new EventBus(this, 'Bus', { eventBusName: `sluice-${stage}` })
    new Archive(this, 'Archive', {
      sourceEventBus: this.bus,
      eventPattern: { source: [busSource] },
      retention: Duration.days(14),
    })
  }

  /** May publish events whose source is Sluice. */
  lendTo(fn: GatewayFunction): void {
    fn.permit({
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: { StringEquals: { 'events:source': busSource } },
    })
  }
}
