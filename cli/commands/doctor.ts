import type { Command } from 'commander'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { checkCloud, noCloud } from '../doctor/cloud.ts'
import { unknown, type Finding, type Status } from '../doctor/finding.ts'
import { checkProviders } from '../doctor/providers.ts'
import { reach } from '../doctor/reach.ts'
import { checkRunning } from '../doctor/running.ts'
import { checkSecrets } from '../doctor/secrets.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { counted, plain, type Style } from '../text.ts'

export function registerDoctor(program: Command, { io, end }: Context): void {
  program
    .command('doctor')
    .description('look at everything that a deployment needs, and say how to mend what is not well')
    .option(...urlOption)
    .addHelpText(
      'after',
      `
Looks at the address, its certificate, health, version and token; secrets, without showing one; clocks; schedules, polls,
overdue work, dead letters and queues; in AWS, by the credentials of your environment, at schedules and alarms. It changes
nothing. Exit code 0: no fault; 1: a fault; 2: typed wrongly.
${examples('doctor', 'doctor --url https://sluice.example.com', 'doctor --json')}`,
    )
    .action(async ({ url }: { readonly url?: string }, command: Command) => {
      const output = outputFor(command, io)
      const findings = await examine(io, url)
      const counts = countsOf(findings)
      output.result({ findings, counts }, () => text(findings, counts, output))
      end(counts.fault > 0 ? 1 : 0)
    })
}

/** Every check, one group after the other; what can't be asked any more is `unknown`. */
async function examine(io: Io, url: string | undefined): Promise<readonly Finding[]> {
  const { findings, target, api, diagnosis, operations } = await reach(io, url)
  if (!target) return findings
  if (!diagnosis)
    return [
      ...findings,
      unknown(
        'the rest',
        'could not be looked at',
        'mend what stands above, and run it again: `npx sluice doctor`',
      ),
    ]
  const { stack } = target
  return [
    ...findings,
    ...(await checkSecrets({ stage: diagnosis.stage, stack }, io)),
    ...checkRunning(diagnosis, stack !== undefined),
    ...(api ? await checkProviders(api, operations) : []),
    ...(stack ? noCloud : await checkCloud(diagnosis.stage, await io.openCloud())),
  ]
}

type Counts = Readonly<Record<Status, number>>

const countsOf = (findings: readonly Finding[]): Counts => {
  const counts = { ok: 0, warning: 0, fault: 0, unknown: 0 }
  for (const { status } of findings) counts[status] += 1
  return counts
}

const marks: Readonly<Record<Status, readonly [mark: string, style: Style]>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  fault: ['✗', 'red'],
  unknown: ['?', 'dim'],
}

function text(findings: readonly Finding[], counts: Counts, { paint }: Output): string {
  const wide = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(({ check, status, found, fix }) => {
    const [mark, style] = marks[status]
    const first = `${paint(style, mark)} ${plain(check).padEnd(wide)}  ${plain(found)}\n`
    return fix === undefined || status === 'unknown'
      ? first
      : `${first}  ${' '.repeat(wide)}  ${paint('cyan', `-> ${plain(fix)}`)}\n`
  })
  const { fault, warning } = counts
  const not = counts.unknown > 0 ? `, ${counts.unknown} not known` : ''
  const style = fault > 0 ? 'red' : warning > 0 ? 'yellow' : 'green'
  return `${lines.join('')}\n${paint(style, `${counted(fault, 'fault')}, ${counted(warning, 'warning')}, ${counts.ok} well${not}`)}\n`
}
