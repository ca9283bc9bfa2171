import type { Diagnosis } from '#lib/admin/schemas-diagnosis.ts'
import { counted, plain, span } from '../text.ts'
import { fault, ok, unknown, warning, type Finding } from './finding.ts'

/** What runs each minute is late after so long. */
const lateMs = 5 * 60_000
/** More than this in a queue is a backlog. */
const manyMessages = 1_000

const away = 'look at /health and run it again: `npx sluice doctor`'

/** Schedules, polls, overdue work, dead letters and queues, as the server tells of them. */
export const checkRunning = (diagnosis: Diagnosis, isLocal: boolean): readonly Finding[] => [
  ...schedules(diagnosis, isLocal),
  tick(diagnosis, isLocal),
  polls(diagnosis),
  overdue('refreshes', diagnosis.refreshes, diagnosis.at),
  overdue('subscriptions', diagnosis.subscriptions, diagnosis.at),
  deadLetters(diagnosis),
  ...queues(diagnosis),
]

const ago = (instant: string, at: string): number => Date.parse(at) - Date.parse(instant)

function schedules({ rounds, at }: Diagnosis, isLocal: boolean): readonly Finding[] {
  if (!rounds) return [unknown('schedules', 'the table did not answer', away)]
  return Object.entries(rounds).map(([name, ended]) => {
    const check = `schedule ${name}`
    if (ended === null)
      return warning(
        check,
        'has not come to its end yet',
        `wait two minutes after the start, and run it again; then ${started(name, isLocal)}`,
      )
    const since = ago(ended, at)
    if (since > lateMs)
      return fault(check, `has not come to its end for ${span(since)}`, started(name, isLocal))
    return ok(check, `ended ${span(Math.max(0, since))} ago`)
  })
}

const started = (name: string, isLocal: boolean): string =>
  isLocal
    ? `start the stack again with \`npm start\`, and look at the log of the ${name} in .sluice/logs/`
    : `see that its schedule is ENABLED (\`aws scheduler list-schedules\`), then look at the log of the ${name}`

function tick({ tick: known, at }: Diagnosis, isLocal: boolean): Finding {
  const check = 'schedule of polls'
  if (!known) return unknown(check, 'the table did not answer', away)
  if (known.minute === null)
    return ok(
      check,
      'no polls were ever put on their queue: none are configured, or the first minute is not over',
    )
  const since = ago(known.minute, at)
  if (since <= lateMs + 60_000) return ok(check, `polls are queued up to ${span(Math.max(0, since))} ago`)
  return fault(
    check,
    `no polls were queued for ${span(since)}`,
    `look at the log of the poller for \`a tick of polls failed\`; if there is none, ${started('poller', isLocal)}`,
  )
}

function polls({ polls: known }: Diagnosis): Finding {
  if (!known) return unknown('polls', 'the table did not answer', away)
  const { looked, more, late, still, blocked, held } = known
  const all = `${more ? 'the first ' : ''}${counted(looked, 'poll')}`
  if (late + still + blocked === 0)
    return ok('polls', looked === 0 ? 'there are none' : `${all} are read in time`)
  const parts = Object.entries({ 'stand still': still, late, blocked }).filter(([, count]) => count > 0)
  const first = held[0] && `; first ${plain(held[0].id)} of ${plain(held[0].tenant)}`
  const found = `of ${all}: ${parts.map(([what, count]) => `${count} ${what}`).join(', ')}${first ?? ''}`
  const fix =
    'see their last error with `npx sluice polls list`, then docs/runbook.md, "A watermark stands still"'
  return still > 0 ? fault('polls', found, fix) : warning('polls', found, fix)
}

const late = {
  refreshes: {
    noun: 'token',
    fix: 'look at the log of the refresher, and at `npx sluice connections list` for those that need their user',
  },
  subscriptions: {
    noun: 'subscription',
    fix: 'look at the log of the poller: what is not renewed in time runs out, and its webhooks stop',
  },
} as const

function overdue(check: keyof typeof late, known: Diagnosis['refreshes'], at: string): Finding {
  if (!known) return unknown(check, 'the table did not answer', away)
  const { noun, fix } = late[check]
  if (known.count === 0 || known.since === null) return ok(check, 'none is overdue')
  const many = known.count >= 100 ? '100 or more' : String(known.count)
  const found = `${many} ${noun}${known.count === 1 ? ' is' : 's are'} overdue, the first for ${span(ago(known.since, at))}`
  return fault(check, found, fix)
}

function deadLetters({ deadLetters: known }: Diagnosis): Finding {
  const check = 'dead letters'
  if (!known) return unknown(check, 'the ledger did not answer', away)
  if (known.count === 0) return ok(check, 'there are none')
  return warning(
    check,
    `${known.more ? 'more than ' : ''}${counted(known.count, 'event')} of the last 30 days`,
    'see why with `npx sluice dead-letters list`, mend the cause, and send them with `npx sluice dead-letters redrive`',
  )
}

const queues = ({ queues: known }: Diagnosis): readonly Finding[] =>
  Object.entries(known).map(([name, depth]) => {
    const check = `queue ${plain(name)}`
    if (!depth) return unknown(check, 'did not answer', away)
    const { waiting, inFlight } = depth
    if (name.endsWith('-dead') && waiting + inFlight > 0)
      return warning(
        check,
        `${counted(waiting + inFlight, 'message')} that no function could take`,
        'the sweeper makes dead letters of them within minutes: `npx sluice dead-letters list`; if not, look at its log',
      )
    if (waiting > manyMessages)
      return warning(
        check,
        `${counted(waiting, 'message')} wait`,
        'see what the functions fail at with `npx sluice events list --status retry`, or raise `concurrency` in sluice.config.ts',
      )
    return ok(check, `${counted(waiting, 'message')} waiting, ${inFlight} in work`)
  })
