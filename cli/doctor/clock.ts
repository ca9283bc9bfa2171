import { span } from '../text.ts'
import { fault, ok, unknown, warning, type Finding } from './finding.ts'

/** Signatures of webhooks and of AWS hold for five minutes. */
const faultMs = 240_000
const warningMs = 60_000

const check = 'clock'
const fix =
  'set the clock of this machine: `sudo timedatectl set-ntp true`, or `sudo sntp -sS time.apple.com`'

/** Compares the `Date` header of an answer, which has whole seconds, with the own time half way between asking and answer. */
export function checkClock(date: string | null, askedAt: number, answeredAt: number): Finding {
  const told = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(told))
    return unknown(
      check,
      'the answer had no Date header',
      'ask the address itself, without what stands before it',
    )
  const apart = told + 500 - (askedAt + answeredAt) / 2
  const way = apart > 0 ? 'behind' : 'ahead of'
  const found = `this machine is ${span(Math.abs(apart))} ${way} the server`
  if (Math.abs(apart) > faultMs) return fault(check, `${found}: signatures made here are refused`, fix)
  if (Math.abs(apart) > warningMs) return warning(check, found, fix)
  return ok(check, 'no more than a minute apart')
}
