import type { ZodMiniType, output } from 'zod/mini'
import { outbound as limits } from '../config/defaults.ts'
import { ApiError } from '../errors/api-error.ts'
import { fullJitter } from '../primitives/backoff.ts'
import { ms, seconds } from '../primitives/clock.ts'
import { notNegative, whole } from '../primitives/options.ts'
import { parseAs, type TextAnswer } from './api-client.ts'
import { readGraphql, type GraphqlFault } from './graphql-answer.ts'
import type { GraphqlCost } from './graphql-cost.ts'
import { operationKind } from './graphql-document.ts'
import { failedCall, type RetryingClient } from './retrying-client.ts'

export interface GraphqlOperation<Schema extends ZodMiniType> {
  /** The document; with several operations, `operationName` chooses. */
  readonly query: string
  /** What the data is read by. Fields that a partial answer leaves empty must be nullable for it to be one. */
  readonly data: Schema
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
  /** Default `/graphql`. */
  readonly path?: string | URL
  readonly headers?: Readonly<Record<string, string>>
  /** Lets a mutation be repeated: sent in the provider's header for it, or `Idempotency-Key`, which the provider must know. */
  readonly idempotencyKey?: string
  /** Most requests, those that `fetch` repeats by itself included. Default 3. */
  readonly attempts?: number
  /** A longer wait than this is the caller's to make: it is an error with `retryAfterMs`. Default 10 s. */
  readonly longestWaitMs?: number
  readonly signal?: AbortSignal
}

/** Data that came whole, or with holes: `errors` says which and why. An answer without data is thrown, not returned. */
export type GraphqlResult<Data> =
  | { readonly kind: 'whole'; readonly data: Data; readonly cost: GraphqlCost | undefined }
  | {
      readonly kind: 'partial'
      readonly data: Data
      readonly errors: readonly GraphqlFault[]
      readonly cost: GraphqlCost | undefined
    }

/**
 * Sends an operation. Queries are repeated while the provider is down or wants to be left alone; mutations only with an
 * idempotency key.
 * @throws ApiError when there is no data, or none that fits: of several errors the first that repeating would not mend, with
 * all of them as its `cause`; SluiceError `ANSWER_REFUSED` for what can't be read; `TypeError` for a subscription.
 */
export async function askGraphql<Schema extends ZodMiniType>(
  client: RetryingClient,
  operation: GraphqlOperation<Schema>,
): Promise<GraphqlResult<output<Schema>>> {
  const { attempts = limits.attempts, longestWaitMs = seconds(10), query, operationName, signal } = operation
  whole('attempts', attempts, 1)
  notNegative('longestWaitMs', longestWaitMs)
  const kind = operationKind(query, operationName)
  if (kind === 'subscription') throw new TypeError('a subscription needs a stream, not a request')
  const most = kind === 'query' || operation.idempotencyKey !== undefined ? attempts : 1
  for (let spent = 0, nth = 1; ; nth += 1) {
    const tried = await tryOnce(client, operation)
    if (tried.kind !== 'failed') return tried
    spent += tried.requests
    const { error } = tried
    const waitMs = ms(Math.max(error.retryAfterMs ?? 0, fullJitter(limits.retry, nth, client.random)))
    if (spent >= most || !mayPass(error) || waitMs > longestWaitMs) throw error
    await client.clock.sleep(waitMs, signal)
  }
}

/** The data, whole or not at all. @throws as {@link askGraphql} does, and for a partial answer too. */
export async function askGraphqlWhole<Schema extends ZodMiniType>(
  client: RetryingClient,
  operation: GraphqlOperation<Schema>,
): Promise<{ readonly data: output<Schema>; readonly cost: GraphqlCost | undefined }> {
  const result = await askGraphql(client, operation)
  if (result.kind === 'partial') throw leading(result.errors)
  return result
}

/** `held` and `disconnected` say that waiting within a call has been thought of. */
const mayPass = ({ action, kind }: ApiError): boolean =>
  action === 'retry' || (action === 'wait' && kind !== 'held' && kind !== 'disconnected')

type Tried<Data> = GraphqlResult<Data> | { readonly kind: 'failed'; error: ApiError; requests: number }

async function tryOnce<Schema extends ZodMiniType>(
  client: RetryingClient,
  operation: GraphqlOperation<Schema>,
): Promise<Tried<output<Schema>>> {
  let requests = 1
  try {
    const answer = await send(client, operation)
    requests = Math.max(1, Number(answer.headers.get('sluice-attempts')) || 1)
    return resultOf(operation.data, readGraphql(client, answer))
  } catch (thrown) {
    operation.signal?.throwIfAborted()
    const error = failedCall(client.provider, thrown)
    if (!error) throw thrown
    return { kind: 'failed', error, requests }
  }
}

async function send(
  client: RetryingClient,
  { path = '/graphql', query, variables, operationName, ...rest }: GraphqlOperation<ZodMiniType>,
): Promise<TextAnswer> {
  const headers = new Headers(rest.headers)
  headers.set('content-type', 'application/json')
  headers.set('accept', 'application/graphql-response+json, application/json;q=0.9')
  const place = client.api?.idempotency?.place
  if (rest.idempotencyKey !== undefined)
    headers.set(place && 'header' in place ? place.header : 'idempotency-key', rest.idempotencyKey)
  const body = JSON.stringify({ query, variables, operationName })
  const answer = await client.fetch(path, { method: 'POST', headers, body, signal: rest.signal ?? null })
  return { status: answer.status, headers: answer.headers, url: answer.url, text: await answer.text() }
}

function resultOf<Schema extends ZodMiniType>(
  schema: Schema,
  { data, faults, cost }: ReturnType<typeof readGraphql>,
): GraphqlResult<output<Schema>> {
  if (faults.length === 0) return { kind: 'whole', data: parseAs(schema, data), cost }
  if (data === undefined || data === null) throw leading(faults)
  const parsed = schema.safeParse(data)
  // Where a hole is not allowed for, the errors say why it is there; the form would say only that it is.
  if (!parsed.success) throw leading(faults)
  return { kind: 'partial', data: parsed.data, errors: faults, cost }
}

/** The first error that another attempt would not mend; with the others as its cause, so that none is lost. */
function leading(faults: readonly GraphqlFault[]): ApiError {
  const errors = faults.map(({ error }) => error)
  const first = errors.find((error) => !mayPass(error)) ?? errors[0]
  if (!first) throw new Error('an answer without errors has no leading one')
  if (errors.length > 1) first.cause = new AggregateError(errors.filter((error) => error !== first))
  return first
}
