import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A mock that answers on a socket. */
export interface ListeningMock {
  /** `http://127.0.0.1:40123`: what takes the place of the API's origin. */
  readonly url: string
  /** Ends its connections; nothing is open afterwards. */
  close(): Promise<void>
}

/** Answers requests on a free port of this machine alone. */
export async function listenWith(hear: (request: Request) => Promise<Response>): Promise<ListeningMock> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing, hear).catch((error: unknown) => fail(outgoing, error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  hear: (request: Request) => Promise<Response>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const headers = new Headers()
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2)
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '')
  const { method = 'GET', url = '/' } = incoming
  const body = method === 'GET' || method === 'HEAD' ? undefined : Buffer.concat(chunks)
  const request = new Request(new URL(url, `http://${headers.get('host') ?? '127.0.0.1'}`), {
    method,
    headers,
    ...(body && { body }),
  })
  const response = await hear(request)
  outgoing.writeHead(response.status, [...response.headers].flat())
  outgoing.end(Buffer.from(await response.arrayBuffer()))
}

/** A route threw: the test's own fault, said as such. */
function fail(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) return void outgoing.destroy()
  outgoing.writeHead(501, { 'content-type': 'text/plain' })
  outgoing.end(`the mock failed: ${error instanceof Error ? error.message : String(error)}`)
}
