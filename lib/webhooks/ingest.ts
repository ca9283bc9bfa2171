import { ingest as limits } from '../config/defaults.ts'
import type { Envelope } from '../buffer/envelope.ts'
import type { ProblemCode } from '../http/problem.ts'
import { elapsed, ms, type EpochMs } from '../primitives/clock.ts'
import { deadlineAfter, raceSignal } from '../primitives/deadline.ts'
import type { WebhookDeclaration } from '../providers/provider.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { parseBody } from '../facts/body.ts'
import { withAliases, type Delivery } from './delivery.ts'
import { declarationAt, type Declarations, type Directory, type Endpoint } from './directory.ts'
import { draftEnvelope } from './draft.ts'
import { handshakeIn, type HandshakeRequest } from './handshake.ts'
import { answerOf, type Answer } from './ack.ts'
import { identify, reader } from '../facts/identity.ts'
import type { LiveSecrets, SigningSecrets } from './secrets.ts'
import type { SenderSite } from './sender-site.ts'
import type { Postback } from './postback.ts'
import { store, type StoreDeps } from './store.ts'
import type { Verdict } from './verdict.ts'
import { accountOf, tenantOf } from '../facts/tenant.ts'
import { verify } from './verify.ts'

export interface IngestDeps extends StoreDeps {
  readonly directory: Directory
  readonly declaration: Declarations
  readonly secrets: SigningSecrets
  readonly metrics: Metrics
  /** Where senders publish their certificates and keys. */
  readonly site: SenderSite
  /** Asks a sender for its own words. */
  readonly postback: Postback
  /** Certificates, PEM, at which a sender's chain may end. */
  readonly roots: () => readonly string[]
  /** A log for what strangers can cause at will. */
  readonly refusals: Log
}

export interface Arrival extends Delivery {
  readonly provider: string
  /** Missing for the provider's default endpoint. */
  readonly endpoint?: string | undefined
  /** Path and query as they came. */
  readonly target?: string
}

/** What became of a request: the only outcomes there are. */
export type IngestOutcome =
  /** Stored durably; `ack` is how this provider wants to hear it. */
  | { readonly kind: 'accepted'; readonly answer: Answer }
  /** Rightly signed, and nothing to keep: what the provider sends to see that someone listens. */
  | { readonly kind: 'ignored'; readonly answer: Answer }
  | { readonly kind: 'handshake'; readonly echo: string }
  /** Nothing was stored. */
  | { readonly kind: 'refused'; readonly code: ProblemCode; readonly detail: string }

/**
 * Takes one webhook in. It is accepted only when its exact bytes are stored durably; a refused one causes no AWS call.
 * Never throws because of what a sender sends.
 */
export async function ingest(arrival: Arrival, deps: IngestDeps): Promise<IngestOutcome> {
  const endpoint = deps.directory.find(arrival.provider, arrival.endpoint)
  const declaration = endpoint && declarationOf(endpoint, deps)
  if (!endpoint || !declaration) return refused('not_found', 'Check the provider and endpoint in the path.')
  if (arrival.body.byteLength > endpoint.maxBodyBytes) {
    return refused('body_too_large', `This endpoint takes at most ${endpoint.maxBodyBytes} bytes.`)
  }
  const begunAt = deps.clock.now()
  const deadline = deadlineAfter(deps.clock, ms(limits.budgetMs))
  try {
    return await authenticate(arrival, endpoint, declaration, {
      ...deps,
      begunAt,
      deadline: deadline.signal,
    })
  } finally {
    deadline.end()
  }
}

/** What one request needs: everything of {@link IngestDeps}, and the end of its time. */
type RequestDeps = IngestDeps & { readonly begunAt: EpochMs; readonly deadline: AbortSignal }

async function authenticate(
  arrival: Arrival,
  endpoint: Endpoint,
  declaration: WebhookDeclaration,
  deps: RequestDeps,
): Promise<IngestOutcome> {
  const live = await liveSecrets(endpoint, deps)
  if (live.kind === 'unavailable') {
    deps.metrics.count('WebhookUnavailable', { provider: endpoint.provider })
    return refused('unavailable', 'Send it again later: the signing secrets have not been read yet.')
  }
  const delivery = withAliases(addressed(arrival, endpoint), declaration)
  const { site, roots, postback } = deps
  const at = { now: deps.clock.now(), site, roots, postback, provider: endpoint.provider }
  const verdict = await verify(declaration.scheme, delivery, live.secrets, at)
  if (verdict.kind !== 'valid') return refuse(verdict, endpoint, deps)
  return accept(delivery, endpoint, declaration, deps)
}

/** The first load of a cold start may take longer than a sender waits; its time is part of the budget. */
async function liveSecrets(endpoint: Endpoint, { secrets, deadline }: RequestDeps): Promise<LiveSecrets> {
  try {
    return await raceSignal(secrets.of(endpoint), deadline)
  } catch (error) {
    if (deadline.aborted) return { kind: 'unavailable' }
    throw error
  }
}

async function accept(
  delivery: Delivery,
  endpoint: Endpoint,
  declaration: WebhookDeclaration,
  deps: RequestDeps,
): Promise<IngestOutcome> {
  if (delivery.body.byteLength === 0 && declaration.body !== 'raw') {
    return refused('empty_body', 'Send the event as the body of the request.')
  }
  const body = parseBody(delivery.body, declaration, {
    contentType: delivery.header('content-type'),
    contentEncoding: delivery.header('content-encoding'),
  })
  if (body.kind === 'not_json') return refused('not_json', 'This endpoint takes JSON only.')
  const handshake = handshakeIn(declaration.handshake, body)
  if (handshake) return shake(handshake, endpoint, declaration, deps)
  const from = { header: delivery.header, bytes: delivery.body, body }
  const read = reader(from)
  if (declaration.ignore?.some((source) => read(source) === source.equals)) {
    return { kind: 'ignored', answer: answerOf(declaration.ack, undefined, read) }
  }
  const account = accountOf(declaration, delivery.body, read)
  const tenant = tenantOf(endpoint, account)
  const draft = draftEnvelope(delivery, { ...endpoint, tenant }, identify(declaration, from), {
    account,
    keepHeaders: declaration.keepHeaders,
    receivedAt: deps.clock.now(),
  })
  const stored = await store(draft, delivery.body, deps.deadline, deps)
  if (stored === 'unavailable') {
    deps.metrics.count('WebhookUnavailable', { provider: endpoint.provider })
    return refused('unavailable', 'Nothing was stored. Send it again after the time in Retry-After.')
  }
  noteAccepted(draft, stored, deps)
  return { kind: 'accepted', answer: answerOf(declaration.ack, draft.id, read) }
}

function noteAccepted(
  { provider, receivedAt, occurredAt }: Omit<Envelope, 'body'>,
  stored: 'queued' | 'spilled',
  { metrics, clock, begunAt }: RequestDeps,
): void {
  metrics.count(stored === 'spilled' ? 'WebhookSpilled' : 'WebhookAccepted', { provider })
  metrics.measure('WebhookLatency', elapsed(begunAt, clock.now()), { provider })
  if (occurredAt !== undefined) metrics.measure('WebhookAge', elapsed(occurredAt, receivedAt), { provider })
}

/** A visit that fails is asked for again: until it succeeds, the sender sends nothing. */
async function shake(
  handshake: HandshakeRequest,
  { provider, id }: Endpoint,
  declaration: WebhookDeclaration,
  deps: RequestDeps,
): Promise<IngestOutcome> {
  if (handshake.kind === 'echo') return { kind: 'handshake', echo: handshake.text }
  if (!(await deps.site.visit(handshake.url)))
    return refused('unavailable', 'Send it again later: the address in it could not be called.')
  deps.log('info', 'a sender was told that this endpoint listens', { provider, endpoint: id })
  return { kind: 'ignored', answer: answerOf(declaration.ack, undefined, () => undefined) }
}

/** With the address that the sender knows, never rebuilt from what the request says of its host. */
const addressed = (arrival: Arrival, { publicUrl }: Endpoint): Arrival =>
  publicUrl === undefined || arrival.target === undefined
    ? arrival
    : { ...arrival, url: publicUrl + arrival.target }

/** The provider's declaration, with the endpoint's own scheme and identity where it has them. */
function declarationOf(endpoint: Endpoint, deps: IngestDeps): WebhookDeclaration | undefined {
  const declaration = deps.declaration(endpoint.provider)
  return declaration && declarationAt(endpoint, declaration)
}

function refuse(verdict: Verdict, endpoint: Endpoint, deps: IngestDeps): IngestOutcome {
  const { provider, id: endpointId } = endpoint
  if (verdict.kind === 'key_unavailable') {
    deps.metrics.count('WebhookUnavailable', { provider })
    deps.refusals('warn', 'the key of a sender could not be fetched', { provider, endpoint: endpointId })
    return refused('unavailable', 'Send it again later: the key that it is signed with could not be fetched.')
  }
  if (verdict.kind !== 'refused') {
    deps.metrics.count('WebhookUnavailable', { provider })
    deps.refusals('error', 'an endpoint has no usable signing secret', { provider, endpoint: endpointId })
    return refused('endpoint_misconfigured', `Its operator must set ${endpoint.secretName}.`)
  }
  deps.metrics.count('WebhookRejected', { provider })
  deps.refusals('warn', 'a webhook was refused', {
    provider,
    endpoint: endpointId,
    tenant: endpoint.tenant,
    reason: verdict.reason,
  })
  return refused(
    'invalid_signature',
    'Sign the raw body with the secret of this endpoint, with a current time.',
  )
}

const refused = (code: ProblemCode, detail: string): IngestOutcome => ({ kind: 'refused', code, detail })
