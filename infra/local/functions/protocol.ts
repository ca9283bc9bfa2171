/** What a thread is told when it starts. */
export interface ThreadData {
  /** URL of the bundle. */
  readonly entry: string
  /** Name of the exported handler. */
  readonly handler: string
  /** The parts of Lambda's context that are the same for each call. */
  readonly context: {
    readonly functionName: string
    readonly functionVersion: '$LATEST'
    readonly invokedFunctionArn: string
    readonly memoryLimitInMB: string
    readonly logGroupName: string
    readonly logStreamName: string
    readonly callbackWaitsForEmptyEventLoop: false
  }
}

export interface ToThread {
  /** JSON text. */
  readonly event: string
  readonly requestId: string
  /** When the call is cut off, epoch milliseconds. */
  readonly deadline: number
}

export type FromThread =
  | { readonly kind: 'ready' }
  /** `value` is JSON text. */
  | { readonly kind: 'returned'; readonly value: string }
  | { readonly kind: 'threw'; readonly message: string }
