import { NodeHttpHandler } from '@smithy/node-http-handler'
import { awsTimeouts } from '../config/defaults.ts'

/** How long and how often one use of an AWS service may try. */
export interface AwsUse {
  /** The whole of one attempt, milliseconds. The SDK only warns by default; here it rejects. */
  readonly requestTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Attempts in all, the first one included. 1 where the caller retries by its own rules. */
  readonly maxAttempts: number
}

/**
 * Configuration that every SDK client shares. Region, endpoint and credentials come from the environment the
 * runtime sets; nothing here knows whether it talks to AWS or to a local emulator.
 */
export function clientOptions(use: AwsUse) {
  return {
    maxAttempts: use.maxAttempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: use.connectTimeoutMs ?? awsTimeouts.connectMs,
      requestTimeout: use.requestTimeoutMs ?? awsTimeouts.requestMs,
      throwOnRequestTimeout: true,
    }),
  }
}
