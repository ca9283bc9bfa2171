import { dynamoAudit } from '#lib/admin/audit.dynamo.ts'
import { dynamoAnswers } from '#lib/admin/kept-answers.dynamo.ts'
import { dynamoSignIns } from '#lib/admin/sign-ins.dynamo.ts'
import { breakerItems } from '#lib/outbound/breaker-items.dynamo.ts'
import { defaultBreaker } from '#lib/outbound/breaker-standing.ts'
import type { DatedTable } from '#lib/outbound/dated-sending.dynamo.ts'
import { dynamoLines } from '#lib/outbound/limit-lines.dynamo.ts'
import { ms } from '#lib/primitives/clock.ts'
import { trueTime } from '#lib/primitives/true-time.ts'
import type { AdminDeps } from './deps.ts'

type ControlTable = Pick<DatedTable, 'client' | 'table' | 'clock'>

/** What the API keeps and reads in the Control table beside links: who did what, kept answers, breakers, limits. */
export function composeControl(
  control: ControlTable,
): Pick<AdminDeps, 'audit' | 'answers' | 'signIns' | 'breakers' | 'lines'> {
  const dated = { ...control, time: trueTime(control.clock), requestMs: ms(1_500) }
  return {
    audit: dynamoAudit(control),
    answers: dynamoAnswers(control),
    signIns: dynamoSignIns(control),
    breakers: breakerItems(dated, defaultBreaker),
    lines: dynamoLines(dated),
  }
}
