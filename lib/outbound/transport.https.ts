import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https'
import type { LookupFunction } from 'node:net'
import { SluiceError } from '../errors/sluice-error.ts'
import { readBody } from './answer-body.ts'
import { checkAddress, checkDestination } from './destination.ts'
import type { OutgoingRequest, Send, SendOptions } from './transport.ts'

export interface HttpsTransportOptions {
  /** Default: the system's. */
  readonly lookup?: LookupFunction
  /** Certificate authorities beside the public ones. */
  readonly ca?: AgentOptions['ca']
}

/**
 * {@link Send} over Node's own HTTP. Every address that a name leads to is judged when it is dialled, and that very address
 * is dialled: a name that changes its mind in between gains nothing.
 */
export function httpsTransport(options: HttpsTransportOptions = {}): Send {
  // Kept sockets are not looked up again: those of trusted origins are another pool.
  const [strangers, trusted] = [poolOf(options, false), poolOf(options, true)]
  return async (request, sending) => {
    checkDestination(request.url, sending.trusted ?? false)
    const message = await exchange(request, sending, sending.trusted ? trusted : strangers)
    return toResponse(message, request, sending)
  }
}

interface Pool {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

function poolOf({ lookup = systemLookup, ca }: HttpsTransportOptions, trusted: boolean): Pool {
  const common = { keepAlive: true, scheduling: 'lifo', lookup: checking(lookup, trusted) } as const
  return { http: new HttpAgent(common), https: new HttpsAgent({ ...common, ...(ca && { ca }) }) }
}

/** Refuses a name when any of its addresses is one that may not be dialled: which of them answers is not in our hand. */
const checking =
  (lookup: LookupFunction, trusted: boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '')
      const addresses = found as unknown as LookupAddress[]
      try {
        if (addresses.length === 0)
          throw new SluiceError('DESTINATION_UNAVAILABLE', 'the name has no address')
        for (const { address } of addresses) checkAddress(address, trusted)
      } catch (refusal) {
        return callback(refusal as Error, '')
      }
      if (options.all) return callback(null, addresses)
      const [first] = addresses
      callback(null, first?.address ?? '', first?.family)
    })
  }

function exchange(request: OutgoingRequest, { signal }: SendOptions, pool: Pool): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const outgoing = open(request, pool)
    const abort = (): void => void outgoing.destroy(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    outgoing.once('response', resolve)
    // A socket can fail twice: before the answer, and while it is read.
    outgoing.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : unavailable(error)))
    // The body has the signal too, until it ends.
    outgoing.once('close', () => signal.removeEventListener('abort', abort))
    outgoing.end(request.body)
  })
}

function open({ method, url, headers, body }: OutgoingRequest, pool: Pool): ClientRequest {
  const sent = Object.fromEntries([...headers].filter(([name]) => !hopByHop.has(name)))
  sent['accept-encoding'] ??= 'gzip, br, zstd'
  if (body || carriesBody.has(method)) sent['content-length'] = String(body?.byteLength ?? 0)
  return url.protocol === 'https:'
    ? httpsRequest(url, { method, headers: sent, agent: pool.https })
    : httpRequest(url, { method, headers: sent, agent: pool.http })
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopByHop = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const carriesBody = new Set(['POST', 'PUT', 'PATCH'])

function toResponse(message: IncomingMessage, { method }: OutgoingRequest, options: SendOptions): Response {
  const { statusCode: status = 0, statusMessage: statusText = '' } = message
  if (status < 200 || status > 599) {
    message.destroy()
    throw unavailable(new Error(`answered with status ${status}`))
  }
  const headers = new Headers()
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] ?? '', message.rawHeaders[i + 1] ?? '')
  if (method === 'HEAD' || bodiless.has(status)) {
    message.resume()
    return new Response(null, { status, statusText, headers })
  }
  const body = readBody(message, { ...options, encoding: headers.get('content-encoding') })
  // What follows is read as it is now, not as it came.
  headers.delete('content-encoding')
  headers.delete('content-length')
  return new Response(body, { status, statusText, headers })
}

/** @see https://fetch.spec.whatwg.org/#null-body-status */
const bodiless = new Set([204, 205, 304])

function unavailable(cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause
  const code = (cause as { readonly code?: unknown }).code
  const why = typeof code === 'string' ? code : 'no answer'
  return new SluiceError('DESTINATION_UNAVAILABLE', `the other side is not to be had: ${why}`, { cause })
}
