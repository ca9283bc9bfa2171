import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { fromBase64 } from '../primitives/bytes.ts'
import { problemResponse, type Problem } from './problem.ts'

/** What a web application gets beside the request. */
export interface GatewayBindings {
  readonly requestId: string
}

export type Fetch = (request: Request, bindings: GatewayBindings) => Response | Promise<Response>

export type GatewayHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>

/** An answer as Lambda gives it to the gateway. */
export type ToResult = (response: Response) => Promise<APIGatewayProxyStructuredResultV2>

/** `requestId` for applications that are called without a gateway, as in tests. */
export const noRequestId = '-'

/**
 * A Lambda handler for an HTTP API (payload 2.0) around a web-standard application. The body reaches it byte for byte:
 * base64 is decoded strictly, text is UTF-8. A request that can't be said in HTTP gets a problem, never an exception.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayHandler(application: Fetch, toResult: ToResult = textResult): GatewayHandler {
  return async (event) => {
    const { requestId } = event.requestContext
    const request = toRequest(event)
    const answer =
      'code' in request ? problemResponse(request, requestId) : await application(request, { requestId })
    return toResult(answer)
  }
}

function toRequest(event: APIGatewayProxyEventV2): Request | Problem {
  const url = toUrl(event)
  if (!url) return { code: 'not_found', detail: 'Check the path.' }
  const body = toBody(event)
  if (body === undefined) return { code: 'malformed_request', detail: 'The body is not valid base64.' }
  try {
    const { method } = event.requestContext.http
    return new Request(url, {
      method,
      headers: toHeaders(event),
      ...(body && method !== 'GET' && method !== 'HEAD' && { body }),
    })
  } catch {
    return { code: 'malformed_request', detail: 'A header or the method is not valid HTTP.' }
  }
}

/** `undefined` when normalising would lead to another path than the one that was sent. */
function toUrl(event: APIGatewayProxyEventV2): URL | undefined {
  const query = event.rawQueryString ? `?${event.rawQueryString}` : ''
  const origin = `https://${event.requestContext.domainName || 'localhost'}`
  const url = URL.parse(`${origin}${event.rawPath}${query}`)
  return url && url.pathname === event.rawPath && !event.rawPath.includes('//') ? url : undefined
}

function toHeaders({ headers, cookies = [] }: APIGatewayProxyEventV2): Headers {
  const result = new Headers()
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) result.append(name, value)
  if (cookies.length > 0) result.set('cookie', cookies.join('; '))
  return result
}

/** `undefined` for damaged base64, `null` for no body. */
function toBody({
  body,
  isBase64Encoded,
}: APIGatewayProxyEventV2): Uint8Array<ArrayBuffer> | null | undefined {
  if (!body) return null
  return isBase64Encoded ? asArrayBuffer(fromBase64(body)) : new TextEncoder().encode(body)
}

const asArrayBuffer = (bytes: Buffer | undefined): Uint8Array<ArrayBuffer> | undefined =>
  bytes && new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)

async function textResult(response: Response): Promise<APIGatewayProxyStructuredResultV2> {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'set-cookie'))
  const cookies = response.headers.getSetCookie()
  return {
    statusCode: response.status,
    headers,
    ...(cookies.length > 0 && { cookies }),
    body: await response.text(),
    isBase64Encoded: false,
  }
}
