import { Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { SluiceError } from '../errors/sluice-error.ts'
import { readBody } from '../outbound/answer-body.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import type { Send } from '../outbound/transport.ts'
import { raceSignal } from '../primitives/deadline.ts'
import { UnexpectedRequest } from './unexpected-request.ts'

/** A transport over a `fetch`: what that throws is said as the transport over sockets says it. */
export const sendTo =
  (call: Fetch): Send =>
  async ({ method, url, headers, body }, { signal, maxBodyBytes }) => {
    // A mock that never answers ends with the signal all the same.
    const answer = await raceSignal(
      call(url, { method, headers, signal, redirect: 'manual', ...(body && { body }) }),
      signal,
    ).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : said(error)
    })
    if (answer.body === null) return answer
    const source = Readable.fromWeb(answer.body as NodeStream<Uint8Array>)
    const bounded = readBody(source, { signal, maxBodyBytes, encoding: null })
    return new Response(bounded, {
      status: answer.status,
      statusText: answer.statusText,
      headers: answer.headers,
    })
  }

function said(error: unknown): unknown {
  if (error instanceof SluiceError || error instanceof UnexpectedRequest) return error
  const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : undefined
  if (cause === undefined) return error
  const code = (cause as { readonly code?: unknown }).code
  const why = typeof code === 'string' ? code : 'no answer'
  return new SluiceError('DESTINATION_UNAVAILABLE', `the other side is not to be had: ${why}`, { cause })
}
