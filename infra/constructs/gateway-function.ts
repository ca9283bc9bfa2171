import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  type CfnFunction,
  type Code,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { logRetentionDays } from '#lib/config/defaults.ts'
import { env, secretName } from '#lib/config/names.ts'
import type { FunctionName } from '../plan.ts'

export interface GatewayFunctionProps {
  readonly name: FunctionName
  readonly code: Code
  readonly stage: string
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly description: string
  /** Unset takes from the account's pool. */
  readonly reservedConcurrency?: number | undefined
}

/** One statement of a function's policy: exact actions, and the resources they are for. */
export interface Permission {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** A function of Sluice with a role, a policy and a log group of its own: it may do what resources lend it, and write its log. */
export class GatewayFunction extends Construct {
  readonly lambda: LambdaFunction

  constructor(scope: Construct, id: string, props: GatewayFunctionProps) {
    super(scope, id)
    const logGroup = new LogGroup(this, 'Log', {
      retention: logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    this.lambda = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code,
      description: props.description,
      timeout: Duration.millis(props.timeoutMs),
      memorySize: props.memoryMb,
      role,
      logGroup,
      // JSON turns off the three text lines that Lambda writes for each call; what Sluice writes is JSON already.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      environment: { [env.stage]: props.stage },
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
    })
    // The local stack finds the function's bundle by this name.
    const resource = this.lambda.node.defaultChild as CfnFunction
    resource.addMetadata('sluice:function', props.name)
    this.permit({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    })
  }

  permit({ actions, resources, conditions }: Permission): void {
    const statement = new PolicyStatement({ actions: [...actions], resources: [...resources] })
    for (const [operator, condition] of Object.entries(conditions ?? {}))
      statement.addCondition(operator, condition)
    this.lambda.addToRolePolicy(statement)
  }

  setEnv(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.lambda.addEnvironment(name, value)
  }

  /** May read the secrets of every provider of this stage: `sluice/{stage}/…`, and no other. */
  lendSecrets(stage: string): void {
    const arn = Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: secretName(stage, '*'),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    this.permit({ actions: ['secretsmanager:GetSecretValue'], resources: [arn] })
    const shown = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${secretName(stage, '*')}`
    Validations.of(this).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${shown}]`,
      reason:
        'The secrets are made by hand after the deployment, one per provider, and end in six random characters.',
    })
  }
}
