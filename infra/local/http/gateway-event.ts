import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { accountId } from '../services/place.ts'

export interface Routed {
  readonly key: string
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * An HTTP request as the event that API Gateway would make of it (payload 2.0): header names in lower case, values of
 * one name joined by commas, cookies apart, text as text and everything else as base64.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayEvent(request: IncomingMessage, body: Buffer, route: Routed): APIGatewayProxyEventV2 {
  const [rawPath, rawQueryString] = splitOnce(request.url ?? '/', '?')
  const { headers, cookies } = headersOf(request.rawHeaders)
  const now = new Date()
  const asText = body.length === 0 || (isText(headers['content-type']) && isUtf8(body))
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath,
    rawQueryString,
    headers,
    ...(cookies.length > 0 && { cookies }),
    ...(rawQueryString && { queryStringParameters: queryOf(rawQueryString) }),
    ...(Object.keys(route.parameters).length > 0 && { pathParameters: { ...route.parameters } }),
    requestContext: {
      accountId,
      apiId: 'local',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(asText ? 'utf8' : 'base64') }),
    isBase64Encoded: !asText,
  }
}

const isText = (type = ''): boolean => /^(text\/|application\/(json|xml|javascript)\b)/i.test(type)

function splitOnce(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

function headersOf(raw: readonly string[]) {
  const headers: Record<string, string> = {}
  const cookies: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    const value = raw[at + 1] ?? ''
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter(Boolean))
    else headers[name] = Object.hasOwn(headers, name) ? `${headers[name]},${value}` : value
  }
  return { headers, cookies }
}

function queryOf(raw: string): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(raw))
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value
  return query
}
