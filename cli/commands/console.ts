import type { Command } from 'commander'
import { adminClient } from '../admin-client.ts'
import { callApi } from '../call-api.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { timeText } from '../event-view.ts'
import { plain } from '../text.ts'

export function registerConsole(program: Command, { io }: Context): void {
  program
    .command('console')
    .description('a link that signs you in to the web console, once')
    .option(...urlOption)
    .addHelpText('after', examples('console'))
    .action(async (options: { readonly url?: string }, command: Command) => {
      const output = outputFor(command, io)
      const link = await callApi(adminClient(io, options.url), 'POST /api/login-links', {})
      output.result(link, () => `${plain(link.url)}\n`)
      if (!output.asJson) output.note(output.paint('dim', `Works once, until ${timeText(link.expiresAt)}`))
    })
}
