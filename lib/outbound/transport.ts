/** One request as it leaves. */
export interface OutgoingRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body?: Uint8Array | undefined
}

export interface SendOptions {
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal
  /** Most bytes of the answer's body, counted after it is inflated. */
  readonly maxBodyBytes: number
  /** The operator named this very origin: it may be on this machine or in a private network, and speak plain HTTP. */
  readonly trusted?: boolean
}

/**
 * Sends one request and follows nothing. The body of the answer is inflated, bounded and ended by the signal.
 * @throws SluiceError `ADDRESS_REFUSED` where Sluice never calls, `ANSWER_REFUSED` for an answer that is not to be read (also
 * while its body is), `DESTINATION_UNAVAILABLE` when there is none; or the signal's reason.
 */
export type Send = (request: OutgoingRequest, options: SendOptions) => Promise<Response>
