import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { FunctionPool } from '../functions/pool.ts'
import { gatewayEvent } from './gateway-event.ts'
import { router, type Route } from './routes.ts'

/** API Gateway takes bodies up to here, Lambda events up to there: what is larger gets 413 before any function starts. */
const maxBodyBytes = 10 * 1_024 * 1_024
const maxEventBytes = 6 * 1_024 * 1_024

/** The HTTP API of the template: each route starts its function with the event of a request and answers as it says. */
export function gateway(routes: readonly Route<FunctionPool>[]): RequestListener {
  const find = router(routes)
  return (request, response) => {
    serve(request, response, find).catch(() => {
      if (response.headersSent) response.destroy()
      else plain(response, 500, 'Internal Server Error')
    })
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  find: ReturnType<typeof router<FunctionPool>>,
): Promise<void> {
  const route = find(request.method ?? 'GET', (request.url ?? '/').split('?')[0] ?? '/')
  if (!route) return plain(response, 404, 'Not Found')
  const body = await bodyOf(request)
  const event = body && gatewayEvent(request, body, route)
  if (!event || Buffer.byteLength(JSON.stringify(event)) > maxEventBytes) return tooLarge(request, response)
  const outcome = await route.target.invoke(event)
  switch (outcome.kind) {
    case 'returned':
      return send(response, outcome.value)
    case 'failed':
      return plain(response, 500, 'Internal Server Error')
    case 'timed-out':
      return plain(response, 503, 'Service Unavailable')
  }
}

/** `undefined` when it is larger than the gateway takes; the rest of it is not read. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return undefined
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('connection', 'close')
  plain(response, 413, 'Request Entity Too Large')
  // Reads on and forgets, so that a sender that has not finished still gets to see the answer.
  request.resume()
}

/** A handler's answer: with a `statusCode` as it says, without one as JSON with 200. */
function send(response: ServerResponse, value: unknown): void {
  const structured = typeof value === 'object' && value !== null && 'statusCode' in value
  if (!structured) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    return
  }
  const {
    statusCode = 200,
    headers = {},
    cookies = [],
    body = '',
    isBase64Encoded,
  } = value as APIGatewayProxyStructuredResultV2
  for (const [name, header] of Object.entries(headers)) response.setHeader(name, String(header))
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  response.writeHead(statusCode).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'))
}

function plain(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}
