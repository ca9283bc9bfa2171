/** Text, or bytes. */
export type SocketData = string | Uint8Array<ArrayBuffer>

export interface SocketAddress {
  readonly url: string | URL
  readonly protocols?: readonly string[]
  /** Of the handshake, where the constructor takes any. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What is used of a WHATWG `WebSocket`. */
export interface Socket {
  binaryType: string
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketNews) => void): void
  send(data: SocketData): void
  close(code?: number): void
}

export interface SocketNews {
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
}

/**
 * Begins to open a socket: one that is not open yet is fine.
 * @throws SluiceError `ADDRESS_REFUSED`, `DESTINATION_UNAVAILABLE`
 */
export type OpenSocket = (address: SocketAddress) => Socket | Promise<Socket>
