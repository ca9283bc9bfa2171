import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

type Fetch = (request: Request) => Response | Promise<Response>

/** A web-standard application on a free port of the loopback interface. The application may be given later. */
export async function serve(): Promise<{
  readonly url: string
  answerBy(fetch: Fetch): void
  close(): Promise<void>
}> {
  let answer: Fetch = () => new Response(null, { status: 503 })
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await buffer(incoming)
      const { method = 'GET', url = '/', headers } = incoming
      const request = new Request(`http://${headers.host}${url}`, {
        method,
        headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
          value === undefined ? [] : [[name, [value].flat().join(', ')]],
        ),
        ...(body.byteLength > 0 && { body: new Uint8Array(body) }),
      })
      const response = await answer(request)
      outgoing.writeHead(response.status, {
        ...Object.fromEntries(response.headers),
        'set-cookie': response.headers.getSetCookie(),
      })
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    answerBy: (fetch) => {
      answer = fetch
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
