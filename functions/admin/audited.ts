import type { Context, MiddlewareHandler, Next } from 'hono'
import type { AuditIntent, AuditResult } from '#lib/admin/audit.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { describeError } from '#lib/errors/sluice-error.ts'
import { token128 } from '#lib/primitives/random.ts'
import { requestId } from '../common/problem.ts'
import { formAt } from './console/form-operations.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'

/** What a flow adds to the row of its request. */
export interface AuditNotes {
  /** Whose things it touched, once that is known and allowed. */
  readonly tenants: Set<string>
  outcome?: AuditResult['outcome']
}

export interface Deed extends Pick<AuditIntent, 'operation' | 'via' | 'target'> {
  /** Who does it where that is not the caller: nobody has signed in yet. */
  readonly actor?: string
}

const longestName = 512
const mostTenants = 100

/** Says whose things the request at hand touches. Without a row to write it to, nothing. */
export const concerns = (c: Context<AdminEnv>, tenant: string): void => {
  c.get('notes')?.tenants.add(tenant)
}

/**
 * Does something and leaves a row of it: the intent before, without which nothing is done, and the result after. A result
 * that can't be written is told in the log, with everything that would stand in the row.
 * @throws SluiceError `LEDGER_UNAVAILABLE` before anything was done
 */
export async function audited(
  deed: Deed,
  work: () => Promise<Response | void>,
  c: Context<AdminEnv>,
  deps: Pick<AdminDeps, 'audit' | 'clock' | 'random' | 'log'>,
): Promise<Response | void> {
  const notes: AuditNotes = { tenants: new Set() }
  c.set('notes', notes)
  const caller = c.get('caller')
  const intent: AuditIntent = {
    ...deed,
    target: Object.fromEntries(
      Object.entries(deed.target).map(([name, id]) => [name, id.slice(0, longestName)]),
    ),
    id: token128(deps.random),
    at: deps.clock.now(),
    requestId: requestId(c),
    actor: deed.actor ?? caller.actor,
    role: deed.actor === undefined ? caller.role : undefined,
  }
  await deps.audit.begin(intent)
  let answer: Response | void = undefined
  let status = 500
  try {
    answer = await work()
    status = (answer ?? c.res).status
    return answer
  } finally {
    const result: AuditResult = {
      outcome: notes.outcome ?? outcomeOf(answer ?? c.res, status),
      status,
      tenants: [...notes.tenants].slice(0, mostTenants),
      completedAt: deps.clock.now(),
    }
    await complete(intent, result, deps)
  }
}

async function complete(
  intent: AuditIntent,
  result: AuditResult,
  { audit, log }: Pick<AdminDeps, 'audit' | 'log'>,
): Promise<void> {
  try {
    await audit.complete(intent, result)
  } catch (error) {
    const { operation, actor, via, target, requestId: request } = intent
    const { outcome, status, tenants } = result
    const facts = { operation, actor, via, target: JSON.stringify(target), requestId: request }
    const end = { outcome, status, tenants: tenants.join(' '), error: describeError(error) }
    log('error', 'what came of a request stands in no audit row', { ...facts, ...end })
  }
}

/** A form answers by sending the browser on, with what it refused in the address. */
function outcomeOf(answer: Response, status: number): AuditResult['outcome'] {
  if (status >= 500) return 'failed'
  const isRefused = status >= 400 || /[?&]refused=/.test(answer.headers.get('location') ?? '')
  return isRefused ? 'refused' : 'done'
}

/** Hono's own `next` resolves with more than it says. */
const toEnd = (next: Next) => async (): Promise<void> => {
  await next()
}

/** Leaves a row of each request for an operation of the API. */
export const auditedOperation =
  (operation: Operation, deps: AdminDeps): MiddlewareHandler<AdminEnv> =>
  (c, next) =>
    audited({ operation: operation.id, via: 'api', target: targetOf(c, operation) }, toEnd(next), c, deps)

const targetOf = (c: Context<AdminEnv>, { path }: Operation): Deed['target'] =>
  Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, c.req.param(name) ?? '']))

/** Leaves a row of each form that the console is sent. */
export const auditedForms =
  (deps: AdminDeps): MiddlewareHandler<AdminEnv> =>
  (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    return audited({ ...formOf(c.req.path), via: 'console' }, toEnd(next), c, deps)
  }

/** A form that nothing answers is named by its address. */
function formOf(path: string): Pick<Deed, 'operation' | 'target'> {
  const found = formAt(path)
  return found
    ? { operation: found.operation.id, target: found.target }
    : { operation: 'form', target: { path } }
}
