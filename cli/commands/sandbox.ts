import { InvalidArgumentError, type Command } from 'commander'
import { examples, outputFor, whole, type Context } from '../context.ts'
import type { Output } from '../output.ts'
import {
  askSandbox,
  type SandboxChanged,
  type SandboxFaults,
  type SandboxState,
  type SandboxWebhooks,
} from '../sandbox-client.ts'
import { plain } from '../text.ts'

const most = 1_000

export function registerSandbox(program: Command, context: Context): void {
  const command = program
    .command('sandbox')
    .description('the provider of the local stack: change something there, and lose webhooks of it')
    .addHelpText('after', examples('sandbox change --count 20 --drop 5', 'sandbox status'))
  registerChange(command, context)
  registerFaults(command, context)
  registerStatus(command, context)
}

interface ChangeOptions {
  readonly count: number
  readonly account?: string
  readonly drop?: number
  readonly double?: number
  readonly delay?: number
}

function registerChange(parent: Command, { io }: Context): void {
  parent
    .command('change')
    .description('make changes in a connected account, and send a webhook for each, except as told here')
    .option('--count <n>', 'how many', whole(1, most), 1)
    .option('--account <name>', 'whose: the name that was signed in by (default: the only one)')
    .option('--drop <n>', 'webhooks that are never sent', whole(0, most))
    .option('--double <n>', 'webhooks that are sent twice', whole(0, most))
    .option('--delay <seconds>', 'send them so much later', whole(0, 3_600))
    .addHelpText('after', examples('sandbox change', 'sandbox change --count 20 --drop 5'))
    .action(async ({ delay, ...options }: ChangeOptions, command: Command) => {
      const output = outputFor(command, io)
      const body = { ...options, ...(delay !== undefined && { delaySeconds: delay }) }
      const made = await askSandbox<SandboxChanged>(io, 'POST', '/control/changes', body)
      output.result(made, () => {
        const changes = made.count === 1 ? '1 change' : `${made.count} changes`
        return `${output.paint('green', '✓')} ${changes} in ${plain(made.account)}: ${webhooks(made.webhooks, output)}\n`
      })
    })
}

interface FaultOptions {
  readonly dropNext: number
  readonly dropShare: number
  readonly doubleShare: number
  readonly delay: number
}

function registerFaults(parent: Command, { io }: Context): void {
  parent
    .command('faults')
    .description('what becomes of webhooks from now on; without options: nothing bad')
    .option('--drop-next <n>', 'so many are never sent', whole(0, most), 0)
    .option('--drop-share <share>', 'of all that follow, 0 to 1', shareOf, 0)
    .option('--double-share <share>', 'sent twice, 0 to 1', shareOf, 0)
    .option('--delay <seconds>', 'sent so much later', whole(0, 3_600), 0)
    .addHelpText('after', examples('sandbox faults --drop-share 0.2 --double-share 0.2', 'sandbox faults'))
    .action(async ({ delay, ...options }: FaultOptions, command: Command) => {
      const output = outputFor(command, io)
      const body = { ...options, delaySeconds: delay }
      const faults = await askSandbox<SandboxFaults>(io, 'PUT', '/control/faults', body)
      output.result(faults, () => `${output.paint('green', '✓')} from now on: ${said(faults)}\n`)
    })
}

function registerStatus(parent: Command, { io }: Context): void {
  parent
    .command('status')
    .description('its accounts, its changes, and what became of their webhooks')
    .addHelpText('after', examples('sandbox status'))
    .action(async (_: unknown, command: Command) => {
      const output = outputFor(command, io)
      const state = await askSandbox<SandboxState>(io, 'GET', '/control')
      output.result(state, () =>
        [
          `accounts  ${state.accounts.map(plain).join(', ') || 'none: sluice connect sandbox --tenant acme'}`,
          `changes   ${state.changes}`,
          `webhooks  ${webhooks(state.webhooks, output)}`,
          `next      ${said(state.faults)}`,
          '',
        ].join('\n'),
      )
    })
}

function webhooks({ delivered, ...others }: SandboxWebhooks, { paint }: Output): string {
  const rest = Object.entries(others).filter(([, count]) => count > 0)
  return [`${delivered} delivered`, ...rest.map(([what, count]) => paint('yellow', `${count} ${what}`))].join(
    ', ',
  )
}

function said({ dropNext, dropShare, doubleShare, delaySeconds }: SandboxFaults): string {
  const words = [
    dropNext > 0 && `the next ${dropNext} are dropped`,
    dropShare > 0 && `${dropShare * 100}% are dropped`,
    doubleShare > 0 && `${doubleShare * 100}% are sent twice`,
    delaySeconds > 0 && `all are ${delaySeconds} s late`,
  ].filter(Boolean)
  return words.join(', ') || 'every webhook is sent'
}

/** @throws InvalidArgumentError for what is no number from 0 to 1. */
function shareOf(text: string): number {
  const value = /^(0|1|0?\.\d{1,6}|1\.0+)$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be a number from 0 to 1, such as 0.2.')
}
