/** How a sender of webhooks signs, as far as a first draft has to know. */
export interface Draft {
  readonly id: string
  readonly displayName: string
  /** Where its documentation is. */
  readonly docs: string
  /** ISO date on which that was read. */
  readonly checkedOn: string
  /** Header with the signature. */
  readonly signature: string
  readonly encoding: 'hex' | 'base64'
  /** What stands before the signature: `sha256=`. */
  readonly prefix?: string | undefined
  /** Header with the time in seconds; then `{timestamp}.{body}` is what is signed, else the body. */
  readonly timestamp?: string | undefined
}

/** `my-shop` -> `myShop`: the name of the export, which the catalog goes by. */
const camel = (id: string): string => id.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** TypeScript's own way with quotes and control characters, in single quotes as everywhere here. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** A provider's file with what is known of it; the kit tells whether it works. */
export function providerFile(draft: Draft): string {
  const { id, signature, encoding, prefix, timestamp } = draft
  const format = prefix === undefined ? "{ kind: 'plain' }" : `{ kind: 'plain', prefix: ${quoted(prefix)} }`
  const signed = timestamp === undefined ? "['{body}']" : "['{timestamp}', '.', '{body}']"
  return [
    "import type { Provider } from './provider.ts'",
    '',
    `export const ${camel(id)} = {`,
    `  id: ${quoted(id)},`,
    `  displayName: ${quoted(draft.displayName)},`,
    `  checkedOn: ${quoted(draft.checkedOn)},`,
    `  docs: [${quoted(draft.docs)}],`,
    '  webhooks: {',
    '    scheme: {',
    "      kind: 'hmac',",
    "      algorithm: 'sha256',",
    "      key: { encoding: 'utf8' },",
    `      signature: { header: ${quoted(signature)}, encoding: ${quoted(encoding)}, format: ${format} },`,
    ...(timestamp === undefined ? [] : [`      timestamp: { header: ${quoted(timestamp)}, unit: 's' },`]),
    `      signed: ${signed},`,
    '    },',
    "    body: 'json',",
    '    // Where the body says which event it is, of which type, and what of it nobody should read.',
    "    deliveryKey: [{ pointer: '/id' }],",
    "    eventType: [[{ pointer: '/type' }]],",
    '    redact: [],',
    '  },',
    '} as const satisfies Provider',
    '',
  ].join('\n')
}
