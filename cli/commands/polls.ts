import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { registerPollsBackfill } from './polls-backfill.ts'

export function registerPolls(program: Command, context: Context): void {
  const command = program.command('polls').description('lists of providers that are read again and again')
  registerPollsBackfill(command, context)
}
