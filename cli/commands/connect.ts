import type { Command } from 'commander'
import { adminClient } from '../admin-client.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { plain } from '../text.ts'

interface ConnectOptions {
  readonly tenant: string
  readonly returnTo?: string
  readonly account?: string
  readonly scope?: readonly string[]
  readonly shared?: boolean
  readonly url?: string
}

export function registerConnect(program: Command, { io }: Context): void {
  program
    .command('connect')
    .description('make a link by which a person connects an account of a provider')
    .argument('<provider>', 'which provider; sandbox is the one of the local stack')
    .requiredOption('--tenant <id>', 'whose account it is')
    .option('--return-to <url>', 'where the browser goes afterwards; the config must allow it')
    .option('--account <id>', 'only this account of the provider: to connect it again')
    .option('--scope <scope...>', "what may be done with it (default: the provider's usual scopes)")
    .option('--shared', 'the link may reach others: the connection then waits for `connections activate`')
    .option(...urlOption)
    .addHelpText('after', examples('connect sandbox --tenant acme', 'connect slack --tenant acme --shared'))
    .action(async (provider: string, options: ConnectOptions, command: Command) => {
      const { tenant, returnTo, account, scope: scopes, shared, url } = options
      const output = outputFor(command, io)
      const link = await adminClient(io, url).post<{ url: string; expiresAt: string }>('/api/connect-links', {
        provider,
        tenant,
        ...(returnTo !== undefined && { returnTo }),
        ...(account !== undefined && { account }),
        ...(scopes !== undefined && { scopes }),
        ...(shared && { shared }),
      })
      output.result(
        link,
        () => `Open this in a browser, once, within half an hour:\n\n  ${plain(link.url)}\n`,
      )
    })
}
