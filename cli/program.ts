import { Command, CommanderError } from 'commander'
import { describeError, SluiceError } from '#lib/errors/sluice-error.ts'
import { registerCall } from './commands/call.ts'
import { registerConnect } from './commands/connect.ts'
import { registerConnections } from './commands/connections.ts'
import { registerConsole } from './commands/console.ts'
import { registerDeadLetters } from './commands/dead-letters.ts'
import { registerDev } from './commands/dev.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerEvents } from './commands/events.ts'
import { registerKeys } from './commands/keys.ts'
import { registerPolls } from './commands/polls.ts'
import { registerProvider } from './commands/provider.ts'
import { registerSandbox } from './commands/sandbox.ts'
import { registerSecrets } from './commands/secrets.ts'
import { registerSend } from './commands/send.ts'
import { registerTenants } from './commands/tenants.ts'
import { examples, type Context } from './context.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'
import { json, painter, plain } from './text.ts'

/** As a shell says that a program was interrupted. */
const interruptedCode = 130

/**
 * Runs one command line. Resolves with its exit code: 0 done, 1 failed, 2 typed wrongly, 130 interrupted. Never throws
 * and never ends the process.
 */
export async function run(parameters: readonly string[], io: Io, version: string): Promise<number> {
  let exitCode = 0
  const program = commandLine({ io, end: (code) => void (exitCode = code) }, version)
  try {
    await program.parseAsync(parameters, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) exitCode = io.signal.aborted ? 0 : complain(error, parameters, io)
    else if (error.exitCode !== 0) exitCode = complain(usage(error), parameters, io)
  }
  return io.signal.aborted && exitCode !== 2 ? interruptedCode : exitCode
}

function commandLine(context: Context, version: string): Command {
  const { io } = context
  const program = new Command('sluice')
    .description('Send webhooks to Sluice and see what becomes of them.')
    .version(version)
    .option('--json', 'results as JSON on standard output, for programs')
    .option('--no-color', 'plain text; the variable NO_COLOR does the same')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      examples('dev', 'send stripe --count 200 --seed 7', 'events tail', 'dead-letters list'),
    )
  registerDev(program, context)
  registerDoctor(program, context)
  registerSend(program, context)
  registerEvents(program, context)
  registerDeadLetters(program, context)
  registerConnect(program, context)
  registerCall(program, context)
  registerConnections(program, context)
  registerPolls(program, context)
  registerConsole(program, context)
  registerSandbox(program, context)
  registerSecrets(program, context)
  registerProvider(program, context)
  registerKeys(program, context)
  registerTenants(program, context)
  return program
}

/** Help that was shown because a command was missing has said all; the rest is a line with a reason. */
const usage = ({ code, message }: CommanderError): Failure =>
  new Failure('usage', code === 'commander.help' ? '' : message.replace(/^error: /, ''), 2)

function complain(error: unknown, parameters: readonly string[], io: Io): number {
  const { code, message, exitCode } = failureOf(error)
  if (parameters.includes('--json')) io.out(`${json({ error: { code, message } })}\n`)
  const paint = painter(io.terminal.color && !parameters.includes('--no-color'))
  if (message) io.err(`${paint('red', 'error:')} ${message.split('\n').map(plain).join('\n')}\n`)
  if (exitCode === 2 && message)
    io.err(`${paint('dim', 'sluice --help, or --help after a command, says more')}\n`)
  return exitCode
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof SluiceError) return new Failure(error.code.toLowerCase(), error.message)
  return new Failure('unexpected', describeError(error))
}
