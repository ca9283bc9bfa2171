import type { WebhookDeclaration } from '../providers/provider.ts'

/** One request to a webhook address, its body byte for byte as the sender signed it. */
export interface Delivery {
  /** Value of a header by its lower-case name; several of one name come joined by `, ` as the gateway joins them. */
  readonly header: (name: string) => string | undefined
  readonly body: Uint8Array
  /** The address as the sender has it, where the endpoint says that; query included. */
  readonly url?: string
}

/**
 * The same delivery with the scheme's alternative header names translated, when the sender uses those: all of them, or
 * none. A mixture is left alone and so fails to verify.
 */
export function withAliases(delivery: Delivery, { scheme }: WebhookDeclaration): Delivery {
  const schemes = scheme.kind === 'any' ? scheme.of : [scheme]
  const aliases = schemes.flatMap((each) => ('aliases' in each ? (each.aliases ?? []) : []))
  const usesAliases =
    aliases.length > 0 &&
    aliases.every(({ from, to }) => delivery.header(from) !== undefined && delivery.header(to) === undefined)
  if (!usesAliases) return delivery
  const names = new Map(aliases.map(({ from, to }) => [to, from]))
  return { ...delivery, header: (name) => delivery.header(names.get(name) ?? name) }
}
