import { hashTuple } from '../primitives/bytes.ts'

/** The id of a connection: injective on tenant, provider and account. */
export const connectionId = (tenant: string, provider: string, account: string): string =>
  `conn_${hashTuple('connection', tenant, provider, account).toString('base64url').slice(0, 32)}`

export const connectionIdGrammar = /^conn_[A-Za-z0-9_-]{32}$/
