import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServiceEndpoints } from '../services/start-services.ts'
import { region } from '../services/place.ts'
import {
  resourcesOf,
  textOf,
  type Identity,
  type Resolve,
  type Resolved,
  type Template,
} from '../template/template.ts'
import { openLog } from './log-file.ts'
import { troubleIn } from './log-line.ts'
import { functionPool, type FunctionPool } from './pool.ts'

export interface Wiring {
  readonly template: Template
  readonly resolve: Resolve
  readonly identities: ReadonlyMap<string, Identity>
  readonly endpoints: ServiceEndpoints
  /** Folder of one folder per bundle. */
  readonly bundles: string
  /** Folder of one log per function. */
  readonly logs: string
  /** Variables of every function, beside those of the template. */
  readonly environmentOfAll?: Readonly<Record<string, string>>
  /** Takes each line that a function writes. */
  readonly note: (line: string) => void
  /** Something went wrong that no caller is told of. */
  readonly onTrouble: (source: string, message: string) => void
}

/** Copies of one function at the same time; a laptop has few processors. */
const functionLimit = 4

/** The functions of the template by their ARN. */
export function wireFunctions(wiring: Wiring): ReadonlyMap<string, FunctionPool> {
  const functions = resourcesOf(wiring.template, 'AWS::Lambda::Function', wiring.resolve)
  return new Map(
    functions.map((resource) => {
      const arn = wiring.identities.get(resource.id)?.attributes['Arn'] ?? resource.id
      return [arn, makePool(resource, arn, wiring)]
    }),
  )
}

function makePool(resource: Resolved, arn: string, wiring: Wiring): FunctionPool {
  const { id, properties, metadata } = resource
  const bundle = metadata['sluice:function']
  if (typeof bundle !== 'string')
    throw new Error(`${id} has no Metadata 'sluice:function': which bundle is it?`)
  const [file = 'index', handler = 'handler'] = textOf(resource, 'Handler').split('.')
  const { Variables = {} } = (properties['Environment'] ?? {}) as { Variables?: Record<string, string> }
  const log = openLog(join(wiring.logs, `${bundle}.log`))
  return functionPool({
    data: {
      entry: pathToFileURL(join(wiring.bundles, bundle, `${file}.mjs`)).href,
      handler,
      context: {
        functionName: bundle,
        functionVersion: '$LATEST',
        invokedFunctionArn: arn,
        memoryLimitInMB: String(properties['MemorySize']),
        logGroupName: `${bundle}.log`,
        logStreamName: 'local',
        callbackWaitsForEmptyEventLoop: false,
      },
    },
    environment: { ...environmentOf(wiring.endpoints, bundle), ...wiring.environmentOfAll, ...Variables },
    memoryMb: Number(properties['MemorySize']),
    timeoutMs: Number(properties['Timeout']) * 1_000,
    limit: functionLimit,
    onLine: (line) => {
      log.write(line)
      wiring.note(line)
      const trouble = troubleIn(line)
      if (trouble) wiring.onTrouble(bundle, trouble)
    },
    onFailure: (message) => {
      log.write(message)
      wiring.onTrouble(bundle, message)
    },
  })
}

/** What Lambda sets, and the addresses by which the SDK finds the services of this machine. */
const environmentOf = (endpoints: ServiceEndpoints, name: string): Record<string, string> => ({
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_LAMBDA_FUNCTION_NAME: name,
  TZ: ':UTC',
  AWS_ENDPOINT_URL_SQS: endpoints.sqs,
  AWS_ENDPOINT_URL_S3: endpoints.s3,
  AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsmanager,
  AWS_ENDPOINT_URL_EVENTBRIDGE: endpoints.events,
  AWS_ENDPOINT_URL_KMS: endpoints.kms,
  AWS_ENDPOINT_URL_CLOUDWATCH: endpoints.cloudwatch,
})
