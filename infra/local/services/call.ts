import type { Json } from './aws-json.ts'

/** A service refused a call; `type` is its name for the reason, without namespace. */
class CallFailed extends Error {
  readonly type: string

  constructor(action: string, type: string, message: string) {
    super(`${action}: ${type} ${message}`)
    this.type = type
  }
}

/** `AmazonSQS.SendMessage` and so on: one call of an AWS JSON service at `url`. Not signed: the services here do not ask. */
export type Call = (url: string, action: string, input: Json, signal?: AbortSignal) => Promise<Json>

export const callAwsJson: Call = async (url, action, input, signal) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': action },
    body: JSON.stringify(input),
    ...(signal && { signal }),
  })
  const answer = (await response.json()) as Json
  if (response.ok) return answer
  const type = String(answer['__type']).split('#').at(-1) ?? 'Unknown'
  const message = typeof answer['message'] === 'string' ? answer['message'] : ''
  throw new CallFailed(action, type, message)
}

/** The answer, or `undefined` when the service says that there is no such thing. */
export async function found(call: Promise<Json>): Promise<Json | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof CallFailed && /NotFound|NonExistent|DoesNotExist/.test(error.type)) return undefined
    throw error
  }
}
