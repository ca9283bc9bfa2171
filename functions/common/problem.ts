import { noRequestId, type GatewayBindings } from '#lib/http/gateway.ts'
import { problemResponse, type Problem } from '#lib/http/problem.ts'

/** A request as far as its id goes. */
export interface Numbered {
  readonly env?: Partial<GatewayBindings>
}

export const requestId = ({ env }: Numbered): string => env?.requestId ?? noRequestId

export const problem = (facts: Problem, c: Numbered): Response => problemResponse(facts, requestId(c))
