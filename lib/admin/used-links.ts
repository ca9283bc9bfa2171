import type { LoginLink } from './login-link.ts'

/** Remembers which login links have been used, until they would have expired anyway. */
export interface UsedLinks {
  /**
   * Exactly one call for a link is answered `first`.
   * @param mark 128 random bits made by the caller, so that an answer that got lost is known as its own
   */
  use(link: LoginLink, mark: string, signal: AbortSignal): Promise<'first' | 'used'>
}
