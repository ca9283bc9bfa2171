import { describeError } from '../errors/sluice-error.ts'
import type { EpochMs } from '../primitives/clock.ts'
import type { Connection } from '../vault/connection.ts'
import type { BeginDeps } from './begin.ts'
import type { ConnectState, FlowEnd } from './connect-store.ts'
import type { RefreshDeps } from './refresh-deps.ts'

export type ConnectDeps = BeginDeps & Omit<RefreshDeps, 'guard' | 'escrow' | 'announce'>

/** One way from a link to connections, after its state was used. */
export interface Flow {
  readonly stateId: string
  readonly state: ConnectState
  /** When the state was used. */
  readonly now: EpochMs
}

export type Connected =
  | { readonly kind: 'connected'; readonly connection: Connection; readonly returnTo: string | undefined }
  /** The user, or the provider for them, said no. */
  | { readonly kind: 'denied'; readonly returnTo: string | undefined }
  /** Not a way back that began here, in this browser, within its time, and for the first time. */
  | { readonly kind: 'state_invalid' }
  | { readonly kind: 'no_client' }
  /** The provider did not give what was asked for. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly returnTo: string | undefined }

export type Refusal =
  | 'exchange_failed'
  | 'no_account'
  | 'another_account'
  | 'scopes_missing'
  | 'issuer_mismatch'
  /** The provider gave, and it was not saved. */
  | 'pending_lost'

/** Runs what follows the use of a state, and notes how it ends. */
export async function noted(
  flow: Flow,
  run: (flow: Flow) => Promise<Connected>,
  deps: Pick<ConnectDeps, 'store' | 'log'>,
): Promise<Connected> {
  const outcome = await run(flow)
  const end = endOfFlow(outcome)
  if (end) await noteEnd(flow, end, deps)
  return outcome
}

/** A connection notes itself before it is saved, and what is lost is not known to have ended. */
function endOfFlow(outcome: Connected): FlowEnd | undefined {
  if (outcome.kind === 'denied') return { kind: 'denied' }
  if (outcome.kind === 'state_invalid') return { kind: 'failed', reason: 'malformed_answer' }
  if (outcome.kind !== 'refused' || outcome.why === 'pending_lost') return undefined
  return { kind: 'failed', reason: outcome.why }
}

/** Notes how a flow ends. A note that does not arrive changes nothing else: the flow is then shown as lost. */
export async function noteEnd(
  { stateId }: Pick<Flow, 'stateId'>,
  end: FlowEnd,
  { store, log }: Pick<ConnectDeps, 'store' | 'log'>,
): Promise<void> {
  try {
    await store.endFlow(stateId, end)
  } catch (error) {
    log('warn', 'how a connect flow ended could not be noted', { error: describeError(error) })
  }
}
