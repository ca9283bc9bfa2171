import { sameBytes, sha256 } from '../primitives/bytes.ts'
import type { Secret } from '../primitives/secret.ts'

/** The token of this deployment's API and console; `undefined` while none can be had, and then nobody gets in. */
export type AdminToken = () => Promise<Secret | undefined>

/** Whether an `Authorization` header carries the token. Takes the same time for every token of whatever length. */
export function isBearer(header: string | undefined, token: Secret): boolean {
  const given = /^Bearer +([A-Za-z0-9._~+/=-]{1,512}) *$/i.exec(header ?? '')?.[1] ?? ''
  const same = sameBytes(sha256(given), sha256(token.reveal()))
  return same && given !== ''
}
