import { describe, expect, test } from 'vitest'
import { polling } from '#lib/config/defaults.ts'
import { callOptionsOf } from '#lib/polling/call-options.ts'
import { hintedBy, paramsOf, streamOf } from '#lib/polling/declared.ts'
import { listingOf } from '#lib/polling/listing-of.ts'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import type { Provider } from '#lib/providers/provider.ts'

const declared = providers.flatMap((provider: Provider) =>
  Object.entries(provider.polls ?? {}).map(([name, poll]) => ({ id: provider.id, name, provider, poll })),
)

test('every provider with a list that can be read again has polls', () => {
  expect([...new Set(declared.map(({ id }) => id))]).toEqual([
    'auth0',
    'distru',
    'etherscan',
    'github',
    'gmail',
    'google-analytics',
    'google-calendar',
    'google-drive',
    'leaflink',
    'mixpanel',
    'mycarrierpackets',
    'paypal',
    'quickbooks',
    'sandbox',
    'slack',
    'stripe',
    'twilio',
  ])
})

describe.each(declared)('$id $name', ({ name, provider, poll }) => {
  const { list, progress, interval, event } = poll
  const text = `${name}?${paramsOf(poll)
    .map((param) => `${param}=x`)
    .join('&')}`

  test('is pure data: it survives a JSON round trip', () => {
    expect(JSON.parse(JSON.stringify(provider.polls))).toStrictEqual(provider.polls)
  })

  test('names pages and a base that its API has', () => {
    const names = [list.pages ?? 'default', list.cut?.instead.pages ?? 'default']
    for (const pages of list.lines ? [] : names)
      expect([pages, pages === 'single' || provider.api?.pages?.[pages] !== undefined]).toEqual([pages, true])
    if (list.base !== undefined) expect(provider.api?.otherBaseUrls).toHaveProperty(list.base)
  })

  test('is asked for since a time that it overlaps, or is left out here', () => {
    if (progress.kind === 'cursor') return
    const asked = JSON.stringify([list.params, list.body])
    const isFiltered = progress.kind === 'time' && progress.filter === 'here'
    expect(asked.includes('{since}')).toBe(!isFiltered)
    if (progress.kind === 'time') expect(progress.overlapMs).toBeGreaterThanOrEqual(600_000)
  })

  test('moves to the end only where its order is known', () => {
    if (progress.kind === 'time' && progress.shifts) expect(progress.order).toBe('ascending')
  })

  test('has a floor of a minute, and what is usual between it and the ceiling', () => {
    const { floorMs, usualMs, ceilingMs } = interval
    expect(floorMs).toBeGreaterThanOrEqual(60_000)
    expect([floorMs, usualMs, ceilingMs]).toEqual([floorMs, usualMs, ceilingMs].toSorted((a, b) => a - b))
  })

  test('shares keys with webhooks only where there are some', () => {
    if (event.keys === 'shared') expect(provider.webhooks).toBeDefined()
  })

  test('can be read by its name and its parameters, in one spelling', () => {
    const stream = streamOf(provider, text.replace(/\?$/, ''))
    expect(streamOf(provider, stream.text)).toEqual(stream)
    expect(listingOf(provider, stream.text)).toHaveProperty('read')
    expect(() => streamOf(provider, `${name}?other=1`)).toThrow(
      expect.objectContaining({ code: 'MISCONFIGURED' }),
    )
  })
})

test.each(['__proto__', 'constructor', '', 'nothing'])('there is no stream %j', (name) => {
  expect(() => streamOf(findProvider('stripe') ?? { id: 'stripe' }, name)).toThrow(
    expect.objectContaining({ code: 'MISCONFIGURED' }),
  )
})

test('notifications that say nothing else ask for a look', () => {
  const hints = (id: string, type: string) => hintedBy(findProvider(id) ?? {}, type)
  expect(hints('quickbooks', 'qbo.invoice.updated.v1')).toEqual(['changes'])
  expect(hints('google-calendar', 'exists')).toEqual(['events'])
  expect(hints('gmail', 'unknown')).toEqual(['history'])
  expect(hints('google-drive', 'change')).toEqual(['changes'])
  expect(hints('mycarrierpackets', 'carrier.packet.completed')).toEqual(['completed-packets'])
  expect(hints('stripe', 'charge.succeeded')).toEqual([])
})

test('an answer that is long or slow has limits of its own, within one start of the poller', () => {
  const optionsOf = (id: string, name: string) => callOptionsOf(findProvider(id)?.polls?.[name]?.list)
  expect(optionsOf('mixpanel', 'export')).toEqual({ timeoutMs: 60_000, maxBodyBytes: 33_554_432 })
  expect(optionsOf('google-analytics', 'daily-events')).toMatchObject({ timeoutMs: 30_000 })
  expect(optionsOf('stripe', 'events')).toEqual({})
  for (const { poll } of declared)
    expect((poll.list.answer?.timeoutMs ?? 0) + polling.saveMs).toBeLessThan(polling.timeoutMs)
})
