import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server of this test alone, on loopback; closed when the test ends. */
export async function localServer(listener: RequestListener, tls?: ServerOptions): Promise<URL> {
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return new URL(`${tls ? 'https' : 'http'}://127.0.0.1:${port}/`)
}
