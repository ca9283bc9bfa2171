import { systemClock } from '../primitives/clock.ts'
import { seededRandom } from '../primitives/random.ts'
import { silentLog } from '../telemetry/log.ts'
import type { Handler, HandlerContext, SluiceEvent } from './handler.ts'

/** What a test says of an event; the rest is filled in. */
type Fixture = Pick<SluiceEvent, 'type' | 'data'> & Partial<SluiceEvent>

/**
 * Runs a handler as the worker does, without the worker: for the tests of whoever writes handlers.
 * `fetch` refuses unless the test gives one.
 * @throws whatever the handler throws; TypeError when the handler does not want events of this type.
 */
async function invoke(
  handler: Handler,
  fixture: Fixture,
  context: Partial<HandlerContext> = {},
): Promise<void> {
  if (!handler.matches(fixture.type))
    throw new TypeError(`the handler "${handler.name}" does not take "${fixture.type}"`)
  await handler.run({ ...eventDefaults, ...fixture }, { ...contextDefaults(), ...context })
}

const eventDefaults = {
  specversion: '1.0',
  id: 'evt_test',
  source: '/sluice/test/default',
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

/** `testing.invoke(handler, fixture)` */
export const testing = { invoke }
