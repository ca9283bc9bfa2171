import { isStored } from '#lib/buffer/envelope.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import { later, ms } from '#lib/primitives/clock.ts'
import type { Provider, WebhookDeclaration } from '#lib/providers/provider.ts'
import { handshakeEvent, kitEvent, type KitEvent } from './body.ts'
import { visited } from './authority.ts'
import type { Sender } from './sender.ts'
import { addressOf, noon, standOf, type Answer, type Request } from './stand.ts'

/** What a case is tried with: three senders by one scheme, none of which knows another's credential. */
export interface Given {
  readonly provider: Provider
  readonly declaration: WebhookDeclaration
  readonly sender: Sender
  readonly successor: Sender
  readonly stranger: Sender
}

/** `undefined` when the case holds. */
type Outcome = { readonly failed: string } | { readonly notApplicable: string } | undefined

export interface Case {
  readonly name: string
  readonly run: (given: Given) => Promise<Outcome>
}

const toleranceMs = 300_000
const notApplicable = (reason: string): Outcome => ({ notApplicable: reason })

/** The event with the headers that `by` adds to it, signed `signedLaterMs` after noon. */
async function signed({ provider }: Given, by: Sender, event: KitEvent, signedLaterMs = 0): Promise<Request> {
  const now = later(noon, ms(signedLaterMs))
  const body = (await by.seal?.(event.body, now)) ?? event.body
  const id = event.headers[idHeader(by) ?? ''] ?? 'kit-1'
  const query = bodyQuery(by, body)
  const headers = await by.sign({
    body,
    now,
    id,
    url: query === undefined ? addressOf(provider.id) : `${addressOf(provider.id)}?${query}`,
  })
  return {
    headers: { ...event.headers, ...headers },
    body,
    ...(query !== undefined && { query }),
  }
}

/** The hash of a body that is no form, where a scheme signs that in the address. */
const bodyQuery = ({ scheme }: Sender, body: Uint8Array): string | undefined =>
  scheme.kind === 'hmac' && scheme.bodyHash ? `${scheme.bodyHash.query}=${sha256Hex(body)}` : undefined

const idHeader = ({ scheme }: Sender): string | undefined =>
  (scheme.kind === 'hmac' || scheme.kind === 'ed25519') && scheme.id ? scheme.id.header : undefined

const eventOf = ({ declaration }: Given): KitEvent => kitEvent(declaration, 'kit-1')
const send = ({ provider, sender }: Given, request: Request): Promise<Answer> =>
  standOf(provider, [sender.configured])(request)

function accepted({ status, stored, body }: Answer, bytes: Uint8Array): Outcome {
  const kept = stored[0]?.body
  if (status < 200 || status > 299) return { failed: `answered ${status}: ${body}` }
  if (stored.length !== 1 || !kept) return { failed: `stored ${stored.length} events, not one` }
  const exact = isStored(kept) ? Buffer.alloc(0) : Buffer.from(kept.base64, 'base64')
  return exact.equals(bytes) ? undefined : { failed: 'stored other bytes than were sent' }
}

function refusedAs(expected: number, { status, stored }: Answer): Outcome {
  if (stored.length > 0) return { failed: 'stored it' }
  return status === expected ? undefined : { failed: `answered ${status}, not ${expected}` }
}

/** One body in the two ways a gateway hands over bytes that may be no text. */
const takes = async (given: Given, body: Uint8Array): Promise<Outcome> => {
  const request = await signed(given, given.sender, { ...eventOf(given), body })
  return accepted(await send(given, { ...request, as: 'base64' }), request.body)
}

/** The same for a body of the case's own. */
const takesOther = async (given: Given, body: Uint8Array): Promise<Outcome> =>
  given.sender.seal ? notApplicable('the proof is in the body') : takes(given, body)

async function withProof(given: Given, change: (proof: string) => string | undefined): Promise<Outcome> {
  const { proof: where } = given.sender
  const { headers, ...request } = await signed(given, given.sender, eventOf(given))
  if (typeof where !== 'string') {
    const document = JSON.parse(Buffer.from(request.body).toString('utf8')) as Record<string, string>
    const body = { ...document, [where.member]: change(document[where.member] ?? '') }
    return refusedAs(401, await send(given, { ...request, headers, body: Buffer.from(JSON.stringify(body)) }))
  }
  const { [where]: proof = '', ...others } = headers
  const changed = change(proof)
  return refusedAs(
    401,
    await send(given, {
      ...request,
      headers: { ...others, ...(changed !== undefined && { [where]: changed }) },
    }),
  )
}

async function at(given: Given, signedLaterMs: number): Promise<Outcome> {
  if (!given.sender.signsTime) return notApplicable('no time is signed')
  const limit = Math.sign(signedLaterMs) * toleranceMs
  const inTime = await send(given, await signed(given, given.sender, eventOf(given), limit))
  if (inTime.stored.length !== 1) return { failed: `answered ${inTime.status} at the limit` }
  return refusedAs(401, await send(given, await signed(given, given.sender, eventOf(given), signedLaterMs)))
}

async function duplicated(given: Given): Promise<Outcome> {
  const { scheme } = given.sender
  if (given.sender.seal) return notApplicable('the proof is in the body')
  const isList =
    'signature' in scheme && 'format' in scheme.signature && scheme.signature.format.kind === 'list'
  if (isList) return notApplicable('the header is a list, one item of which must hold')
  return withProof(given, (proof) => `${proof}, ${proof}`)
}

async function rotation(given: Given): Promise<Outcome> {
  const { provider, sender, successor } = given
  const both = standOf(provider, [successor.configured, sender.configured])
  for (const by of [sender, successor]) {
    const event = eventOf(given)
    const request = await signed(given, by, event)
    const outcome = accepted(await both(request), request.body)
    if (outcome) return outcome
  }
  const after = standOf(provider, [successor.configured])
  return refusedAs(401, await after(await signed(given, sender, eventOf(given))))
}

async function handshake(given: Given): Promise<Outcome> {
  const event = handshakeEvent(given.declaration, 'kit-challenge')
  if (!event) return notApplicable('there is none')
  if (given.declaration.handshake && 'visit' in given.declaration.handshake) return visit(given, event)
  const { status, body, contentType, stored } = await send(given, await signed(given, given.sender, event))
  if (status !== 200 || body !== 'kit-challenge') return { failed: `answered ${status}: ${body}` }
  if (!contentType.startsWith('text/plain')) return { failed: `echoed as ${contentType}` }
  if (stored.length > 0) return { failed: 'stored it' }
  return refusedAs(401, await send(given, await signed(given, given.stranger, event)))
}

/** The sender asks to be called: once for its own message, and never for one that is not for this endpoint. */
async function visit(given: Given, event: KitEvent): Promise<Outcome> {
  const { status, stored } = await send(given, await signed(given, given.sender, event))
  if (status > 299 || stored.length > 0) return { failed: `answered ${status}, stored ${stored.length}` }
  const outcome = refusedAs(401, await send(given, await signed(given, given.stranger, event)))
  const visits = visited.filter((url) => url.includes(given.sender.configured)).length
  return outcome ?? (visits === 1 ? undefined : { failed: 'called other than once' })
}

async function acknowledgement(given: Given): Promise<Outcome> {
  const { status = 202, body = 'json' } = given.declaration.ack ?? {}
  const answer = await send(given, await signed(given, given.sender, eventOf(given)))
  if (answer.status !== status) return { failed: `answered ${answer.status}, not ${status}` }
  if (body === 'empty') return answer.body === '' ? undefined : { failed: 'answered with a body' }
  const said = JSON.parse(answer.body) as Record<string, unknown>
  const names = body === 'json' ? ['id', 'status'] : Object.keys(body.fields)
  return Object.keys(said).join() === names.join() ? undefined : { failed: `answered ${answer.body}` }
}

async function stableKey(given: Given): Promise<Outcome> {
  const { declaration, sender } = given
  const idsOf = async (word: string, laterMs: number): Promise<string> => {
    const request = await signed(given, sender, kitEvent(declaration, word), laterMs)
    const { stored } = await send(given, { ...request, laterMs })
    return stored[0]?.id ?? `nothing was stored ${laterMs}`
  }
  const first = await idsOf('kit-1', 0)
  if ((await idsOf('kit-1', 3_600_000)) !== first) return { failed: 'a redelivery is another event' }
  if ((await idsOf('kit-2', 0)) === first) return { failed: 'another event is the same one' }
  return undefined
}

async function noSecret(given: Given): Promise<Outcome> {
  for (const configured of [[], [''], ['  ']]) {
    const stand = standOf(given.provider, configured)
    const outcome = refusedAs(503, await stand(await signed(given, given.sender, eventOf(given))))
    if (outcome) return outcome
  }
  return undefined
}

async function tampered(given: Given): Promise<Outcome> {
  const { kind } = given.sender.scheme
  if (kind === 'token' || kind === 'basic' || kind === 'oidc') return notApplicable('the body is not signed')
  const request = await signed(given, given.sender, eventOf(given))
  const body = Buffer.from(request.body)
  // Within the last text: it stays JSON.
  body[body.length - 4] = (body[body.length - 4] ?? 0) ^ 1
  return refusedAs(401, await send(given, { ...request, body }))
}

/** What every provider must stand, in the order of the table. */
export const cases: readonly Case[] = [
  {
    name: 'valid',
    run: async (given) => takes(given, eventOf(given).body),
  },
  { name: 'tampered', run: tampered },
  { name: 'missing signature', run: (given) => withProof(given, () => undefined) },
  { name: 'empty signature', run: (given) => withProof(given, () => '') },
  { name: 'old', run: (given) => at(given, -toleranceMs - 1_000) },
  { name: 'future', run: (given) => at(given, toleranceMs + 1_000) },
  {
    name: "another's secret",
    run: async (given) =>
      refusedAs(401, await send(given, await signed(given, given.stranger, eventOf(given)))),
  },
  { name: 'duplicate header', run: duplicated },
  { name: 'base64 body', run: (given) => takes(given, eventOf(given).body) },
  {
    name: 'byte order mark',
    run: (given) => takesOther(given, Buffer.concat([Buffer.from('\uFEFF'), eventOf(given).body])),
  },
  {
    name: 'invalid UTF-8',
    run: (given) =>
      takesOther(given, Buffer.concat([Buffer.from('["'), Buffer.from([0xc3, 0x28]), Buffer.from('"]')])),
  },
  { name: 'rotation', run: rotation },
  { name: 'handshake', run: handshake },
  { name: 'acknowledgement', run: acknowledgement },
  { name: 'stable key', run: stableKey },
  { name: 'no secret', run: noSecret },
]
