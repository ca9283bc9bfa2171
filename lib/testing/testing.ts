import { systemClock } from '../primitives/clock.ts'
import { seededRandom } from '../primitives/random.ts'
import { silentLog } from '../telemetry/log.ts'
import type { Handler, HandlerCalls, HandlerContext, SluiceEvent } from '../processing/handler.ts'
import { connections } from './connections.ts'
import { virtualTime } from './virtual-time.ts'

/** What a test says of an event; the rest is filled in. */
type Fixture = Pick<SluiceEvent, 'type' | 'data'> & Partial<SluiceEvent>

/** What a test gives a handler; the rest refuses to be used. */
export type Given = Partial<Omit<HandlerContext, 'sluice'>> & {
  /** Calls by connections: those of {@link connections}, or the test's own. */
  readonly sluice?: HandlerCalls | EventCalls
}

/** Calls that are made for one event. */
interface EventCalls {
  of(event: SluiceEvent, context: Pick<HandlerContext, 'idempotencyKey' | 'attempt'>): HandlerCalls
}

/**
 * Runs a handler as the worker does, without the worker: for the tests of whoever writes handlers.
 * `fetch` refuses unless the test gives one.
 * @throws whatever the handler throws; TypeError when the handler does not want events of this type.
 */
async function invoke(handler: Handler, fixture: Fixture, { sluice, ...given }: Given = {}): Promise<void> {
  if (!handler.matches(fixture.type))
    throw new TypeError(`the handler "${handler.name}" does not take "${fixture.type}"`)
  const event = { ...eventDefaults, source: sourceOf(fixture), ...fixture }
  const context = { ...contextDefaults(), ...given }
  const calls = sluice && ('of' in sluice ? sluice.of(event, context) : sluice)
  await handler.run(event, { ...context, ...(calls && { sluice: calls }) })
}

/** The type begins with the provider. */
const sourceOf = ({ type, tenant = 'default' }: Fixture): string => `/sluice/${type.split('.')[0]}/${tenant}`

const eventDefaults = {
  specversion: '1.0',
  id: 'evt_test',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  tenant: 'default',
  deliverykey: 'test',
  via: 'webhook',
} as const

const noConnection = () => () => Promise.reject(new Error('this test gave the handler no connection'))

const contextDefaults = (): HandlerContext => ({
  idempotencyKey: 'evt_test',
  fence: 1,
  attempt: 1,
  signal: new AbortController().signal,
  rawBody: new Uint8Array(),
  fetch: () => Promise.reject(new Error('this test gave the handler no fetch')),
  sluice: {
    fetch: noConnection,
    client: ({ provider } = { provider: 'test' }) => ({
      provider,
      api: undefined,
      fetch: noConnection(),
      clock: systemClock,
      random: seededRandom(1),
    }),
  },
  log: silentLog,
})

/** `testing.invoke(handler, fixture, { sluice: testing.connections({ stripe }) })` */
export const testing = { invoke, connections, clock: virtualTime }
