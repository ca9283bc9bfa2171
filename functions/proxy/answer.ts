import { waitHeader } from '#lib/outbound/connection-fetch.ts'
import { speakerHeader } from './problems.ts'

/**
 * What an answer says of the connection it came by, of its packing, or to the browser about everything at its origin: it comes from
 * ours now. `cache-control` too: a cache between must not give one tenant's answer to another.
 */
const notPassed =
  /^(?:connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*|content-length|content-encoding|set-cookie2?|alt-svc|strict-transport-security|public-key-pins.*|clear-site-data|nel|report-to|reporting-endpoints|service-worker-allowed|origin-agent-cluster|access-control-.*|cache-control|expires|x-amzn-.*)$/

/** The provider's answer as the caller gets it, its body read: a gateway takes whole answers. */
export async function answerOf(answer: Response): Promise<Response> {
  const named = (answer.headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase())
  const headers = new Headers(
    [...answer.headers].filter(([name]) => !notPassed.test(name) && !named.includes(name)),
  )
  // Nothing of it runs, should a browser ever show it.
  headers.set('content-security-policy', "sandbox; default-src 'none'")
  headers.set('x-content-type-options', 'nosniff')
  headers.set('cache-control', 'no-store')
  headers.set(speakerHeader, 'provider')
  const waitMs = headers.get(waitHeader)
  if (waitMs !== null && !headers.has('retry-after'))
    headers.set('retry-after', String(Math.ceil(Number(waitMs) / 1_000)))
  const body = answer.body && (await answer.arrayBuffer())
  const { status, statusText } = answer
  return new Response(body, { status, statusText, headers })
}
