import type { IncomingMessage, ServerResponse } from 'node:http'

/** A refusal, as OAuth servers say it. */
export interface Refusal {
  readonly error: string
  readonly error_description: string
}

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    .end(text)
}

export function refuse(
  response: ServerResponse,
  status: number,
  refusal: Refusal,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer(response, status, refusal, headers)
}

/** The address of a request; only its path and query are the caller's. */
export const addressOf = ({ url = '/' }: IncomingMessage): URL => new URL(url, 'http://127.0.0.1')
