import type { Command } from 'commander'
import { examples, type Context } from '../context.ts'

export function registerDev(program: Command, { io, end }: Context): void {
  program
    .command('dev')
    .description('run everything on this machine (the same as npm start)')
    .addHelpText('after', examples('dev'))
    .allowUnknownOption()
    .argument('[parameters...]', 'handed on to the stack')
    .action(async (parameters: string[]) => end(await io.runProgram('infra/local/start.ts', parameters)))
}
