import { Secret } from '#lib/primitives/secret.ts'
import { noPostback } from '#lib/webhooks/postback.ts'
import { noSite } from '#lib/webhooks/sender-site.ts'
import { verify } from '#lib/webhooks/verify.ts'
import type { Address } from './endpoints.ts'
import type { Io } from './io.ts'

/** Any secret that can be a key refuses it; one that can't be says so. */
const nothing = { header: () => undefined, body: new Uint8Array() }

/** Whether the provider could sign with `part`, one secret without a comma. */
export async function isUsable(
  part: string,
  { endpoint, declaration: { scheme } }: Address,
  io: Pick<Io, 'clock'>,
): Promise<boolean> {
  const { kind } = await verify(scheme, nothing, [new Secret(part)], {
    now: io.clock.now(),
    site: noSite,
    roots: () => [],
    postback: noPostback,
    provider: endpoint.provider,
  })
  return kind !== 'no_usable_secret'
}
