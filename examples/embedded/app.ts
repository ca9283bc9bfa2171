import { App, Stack } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Sluice } from 'sluice/cdk'
import config from './sluice.config.ts'

/** A shop that has stacks of its own already, and puts the gateway into each stage of them. */
const app = new App()
for (const stage of ['dev', 'prod']) {
  const stack = new Stack(app, `Shop-${stage}`)
  const { bus } = new Sluice(stack, 'Sluice', { config, stage })

  // The handlers are in the config; what other parts of the shop want, they take from the bus.
  const orders = new Queue(stack, 'Orders', { enforceSSL: true })
  new Rule(stack, 'Ordered', {
    eventBus: bus.bus,
    eventPattern: { detailType: ['stripe.checkout.session.completed'] },
    targets: [new SqsQueue(orders)],
  })
}
