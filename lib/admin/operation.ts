import type { ZodMiniType } from 'zod/mini'
import type { Role } from '../access/caller.ts'

/** One operation of the API, as its routes check it and its document tells it. */
export interface Operation {
  readonly id: string
  readonly method: 'get' | 'post' | 'delete'
  /** As OpenAPI writes it: `/api/events/{id}`. */
  readonly path: string
  /** What a caller must at least be. */
  readonly role: Role
  readonly summary: string
  readonly query: ZodMiniType
  readonly body?: ZodMiniType
  /** Whether a request without a body is one too. */
  readonly bodyOptional?: boolean
  /** Whether a request with an `Idempotency-Key` that comes again gets its first answer. No answer of it may hold a secret. */
  readonly idempotent?: true
  /** Whether it leaves an audit row although it changes nothing. */
  readonly isAudited?: true
  /** What it answers with, where that is not JSON. */
  readonly produces?: 'text/csv'
  readonly status: 200 | 201 | 202
  readonly answer: ZodMiniType
  /** Codes of the problems that are its own. */
  readonly problems: readonly number[]
}
