import { minutes, type Clock } from '../primitives/clock.ts'

/** The same answer with another body or other headers; where it came from stays. */
function remade(
  answer: Response,
  body: ReadableStream | Uint8Array<ArrayBuffer> | null,
  headers: Headers,
): Response {
  const { status, statusText, url } = answer
  const made = new Response(body, { status, statusText, headers })
  Object.defineProperty(made, 'url', { value: url })
  return made
}

/** Headers that would give away how long the body was meant to be. */
function unmeasured(answer: Response): Headers {
  const headers = new Headers(answer.headers)
  headers.delete('content-length')
  return headers
}

/** Half of the body; then the connection is gone. */
export async function truncated(answer: Response): Promise<Response> {
  const half = halfOf(await answer.bytes())
  const body = new ReadableStream(
    {
      start: (controller) => void (half.byteLength > 0 && controller.enqueue(half)),
      // Not with the first bytes: an error throws away what nobody has read yet.
      pull: (controller) => controller.error(lostConnection('terminated')),
    },
    { highWaterMark: 0 },
  )
  return remade(answer, body, unmeasured(answer))
}

/** Half of the body; then nothing, until the reader gives up. */
export async function endless(answer: Response, clock: Clock, signal?: AbortSignal): Promise<Response> {
  const half = halfOf(await answer.bytes())
  const stopped = new AbortController()
  const until = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal
  const body = new ReadableStream(
    {
      start: (controller) => void (half.byteLength > 0 && controller.enqueue(half)),
      async pull() {
        // On a virtual clock this passes every deadline; on the system's it just waits.
        for (;;) await clock.sleep(minutes(1), until)
      },
      cancel: () => stopped.abort(),
    },
    { highWaterMark: 0 },
  )
  return remade(answer, body, unmeasured(answer))
}

/** The body twice, as a proxy does that sends again what has left already. */
export async function doubled(answer: Response): Promise<Response> {
  const bytes = await answer.bytes()
  return remade(answer, new Uint8Array([...bytes, ...bytes]), unmeasured(answer))
}

/** The body under the name of a page for people. */
export function asPage(answer: Response): Response {
  const headers = new Headers(answer.headers)
  headers.set('content-type', 'text/html; charset=utf-8')
  return remade(answer, answer.body, headers)
}

const halfOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.byteLength / 2))

/** As Node's own `fetch` says it. */
export const lostConnection = (message: string, code = 'ECONNRESET'): TypeError =>
  new TypeError(message, { cause: Object.assign(new Error(code), { code }) })
