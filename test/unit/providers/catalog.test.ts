import { describe, expect, test } from 'vitest'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import type { Provider, WebhookDeclaration } from '#lib/providers/provider.ts'

test('ids are unique and in alphabetical order', () => {
  const ids = providers.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)].toSorted())
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'Stripe'])(
  'B014: there is no provider %j',
  (id) => {
    expect(findProvider(id)).toBeUndefined()
  },
)

const declared = providers.flatMap((provider: Provider) =>
  provider.webhooks ? [{ name: provider.id, provider, webhooks: provider.webhooks }] : [],
)
/** What a scheme says of headers and templates, whichever it is: the alternatives of one that has several. */
const schemesOf = ({ scheme }: WebhookDeclaration) => (scheme.kind === 'any' ? scheme.of : [scheme])
const templated = ({ scheme }: WebhookDeclaration) =>
  schemesOf({ scheme } as WebhookDeclaration).filter((each) => each.kind === 'hmac')

describe.each(declared)('$name', ({ provider, webhooks }) => {
  test('is pure data: it survives a JSON round trip', () => {
    expect(JSON.parse(JSON.stringify(provider))).toStrictEqual(provider)
  })

  test('is found by its id and says when it was checked, against which pages', () => {
    expect(findProvider(provider.id)).toBe(provider)
    expect(provider.checkedOn).toMatch(/^20\d\d-\d\d-\d\d$/)
    expect(provider.docs.length).toBeGreaterThan(0)
    for (const page of provider.docs) expect(page).toMatch(/^https:\/\//)
  })

  test('signs its body, and every value that its template names', () => {
    for (const { signed, timestamp, id } of templated(webhooks)) {
      expect(signed.filter((part) => part === '{body}' || part === '{form}')).toHaveLength(1)
      expect(signed.includes('{timestamp}')).toBe(timestamp !== undefined)
      expect(signed.includes('{id}')).toBe(id !== undefined)
    }
  })

  test('spells headers in lower case, as they are looked up', () => {
    for (const name of headerNames(webhooks)) expect(name).toBe(name.toLowerCase())
  })

  test('keeps no credential: neither the signature nor an authorization', () => {
    const kept = webhooks.keepHeaders ?? []
    for (const { signature } of templated(webhooks)) expect(kept).not.toContain(signature.header)
    for (const name of kept) expect(name).not.toMatch(/signature|authorization|cookie|token|secret/)
  })

  test('identifies a delivery by nothing that is not signed', () => {
    const signedHeaders = templated(webhooks).map(({ id }) => id?.header)
    const headers = webhooks.deliveryKey
      .flat()
      .flatMap((source) => ('header' in source ? [source.header] : []))
    // Where nothing is signed, a header is as good as the body.
    const isSigned = signedHeaders.length > 0
    expect(headers.every((name) => !isSigned || signedHeaders.includes(name))).toBe(true)
  })

  test('writes every pointer by RFC 6901', () => {
    for (const pointer of pointers(webhooks)) expect(pointer).toMatch(/^(?:\/(?:[^~/]|~[01])+)+$/)
  })
})

const sources = ({ deliveryKey, eventType, eventTime }: WebhookDeclaration) => [
  ...deliveryKey.flat(),
  ...eventType.flat(),
  ...(eventTime ?? []),
]

const headerNames = (webhooks: WebhookDeclaration): string[] => {
  return [
    ...templated(webhooks).flatMap(({ signature, timestamp, id, aliases = [] }) => [
      signature.header,
      ...(timestamp && 'header' in timestamp ? [timestamp.header] : []),
      ...(id ? [id.header] : []),
      ...aliases.flatMap(({ from, to }) => [from, to]),
    ]),
    ...(webhooks.keepHeaders ?? []),
    ...(webhooks.unsignedId ? [webhooks.unsignedId] : []),
    ...sources(webhooks).flatMap((source) => ('header' in source ? [source.header] : [])),
  ]
}

const pointers = (webhooks: WebhookDeclaration): string[] => [
  ...(webhooks.handshake
    ? [
        webhooks.handshake.when.pointer,
        'visit' in webhooks.handshake ? webhooks.handshake.visit : webhooks.handshake.echo,
      ]
    : []),
  ...(webhooks.volatile ?? []),
  ...(webhooks.redact ?? []),
  ...sources(webhooks).flatMap((source) => ('pointer' in source && source.pointer ? [source.pointer] : [])),
]
