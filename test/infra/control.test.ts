import { App, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { test } from 'vitest'
import { Control } from '#infra/constructs/control.ts'
import { GatewayFunction } from '#infra/constructs/gateway-function.ts'
import { env } from '#lib/config/names.ts'

test('who shares limits and breakers reads and moves single items, and neither lists nor deletes any', () => {
  const stack = new Stack(new App(), 'Stack')
  const fn = new GatewayFunction(stack, 'Worker', {
    name: 'worker',
    code: Code.fromInline('exports.handler = () => {}'),
    stage: 'test',
    timeoutMs: 1_000,
    memoryMb: 128,
    description: 'A function',
  })
  new Control(stack, 'Control').lendLimits(fn)
  const template = Template.fromStack(stack)
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], Effect: 'Allow' }),
      ]),
    },
  })
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ [env.controlTable]: Match.anyValue() }) },
  })
  template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    TimeToLiveSpecification: { AttributeName: 'expireAt', Enabled: true },
  })
})
