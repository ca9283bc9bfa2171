import type { Command } from 'commander'
import { ms } from '#lib/primitives/clock.ts'
import { adminClient, type AdminClient } from '../admin-client.ts'
import type { ConnectLink, ConnectLinkItem } from '../connection-view.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { callApi } from '../call-api.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { plain } from '../text.ts'

interface ConnectOptions {
  readonly tenant: string
  readonly returnTo?: string
  readonly account?: string
  readonly scope?: readonly string[]
  readonly shared?: boolean
  readonly open: boolean
  readonly url?: string
}

/** Between two questions what became of the link. */
const pollMs = ms(1_000)

export function registerConnect(program: Command, { io }: Context): void {
  program
    .command('connect')
    .description('connect an account of a provider: opens the browser, and waits until it is done')
    .argument('<provider>', 'which provider; sandbox is the one of the local stack')
    .requiredOption('--tenant <id>', 'whose account it is')
    .option('--return-to <url>', 'where the browser goes afterwards; the config must allow it')
    .option('--account <id>', 'only this account of the provider: to connect it again')
    .option('--scope <scope...>', "what may be done with it (default: the provider's usual scopes)")
    .option('--shared', 'the link may reach others: the connection then waits for `connections activate`')
    .option('--no-open', 'only print the link; the variable SLUICE_NO_BROWSER does the same')
    .option(...urlOption)
    .addHelpText('after', examples('connect sandbox --tenant acme', 'connect slack --tenant acme --shared'))
    .action(async (provider: string, options: ConnectOptions, command: Command) => {
      const output = outputFor(command, io)
      const api = adminClient(io, options.url)
      const link = await callApi(api, 'POST /api/connect-links', { body: requestOf(provider, options) })
      const opens = options.open && !output.asJson && canOpen(io) && isWeb(link.url)
      if (!opens) {
        output.result(link, () => invitation(link))
        return
      }
      await openBrowser(link, io, output)
      const item = await settled(link, options.tenant, { api, io, output })
      output.result(item, () => said(item, output))
    })
}

const requestOf = (
  provider: string,
  { tenant, returnTo, account, scope: scopes, shared }: ConnectOptions,
) => ({
  provider,
  tenant,
  ...(returnTo !== undefined && { returnTo }),
  ...(account !== undefined && { account }),
  ...(scopes !== undefined && { scopes }),
  ...(shared && { shared }),
})

const canOpen = ({ terminal, secretSources }: Io): boolean =>
  terminal.output && !secretSources.environment('SLUICE_NO_BROWSER')

/** A program that opens what it is given would open files and other programs' addresses too. */
const isWeb = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? '')

const invitation = ({ url }: ConnectLink): string =>
  `Open this in a browser, once, within half an hour:\n\n  ${plain(url)}\n`

async function openBrowser(link: ConnectLink, io: Io, output: Output): Promise<void> {
  try {
    await io.openBrowser(link.url)
    const otherwise = output.paint('dim', 'If nothing is seen there, open this yourself, once:')
    output.note(`Opened in your browser. ${otherwise}\n\n  ${plain(link.url)}\n`)
  } catch {
    output.note(invitation(link))
  }
}

/**
 * Asks what became of the link until that is known.
 * @throws Failure when there is no connection in the end.
 */
async function settled(
  { id }: ConnectLink,
  tenant: string,
  { api, io, output }: { readonly api: AdminClient; readonly io: Io; readonly output: Output },
): Promise<ConnectLinkItem> {
  let shown = ''
  for (;;) {
    const item = await callApi(api, 'GET /api/connect-links/{id}', { path: { id }, query: { tenant } })
    if (item.status === 'connected') return item
    const words = waiting[item.status]
    if (words === undefined) throw failureOf(item)
    if (words !== shown) output.note(output.paint('dim', words))
    shown = words
    await io.clock.sleep(pollMs, io.signal)
  }
}

const waiting: Readonly<Record<string, string>> = {
  open: 'Waiting for the link to be opened ...',
  started: 'Waiting for the sign-in at the provider ...',
  finishing: 'Signed in; the connection is being made ...',
}

const said = ({ tenant, provider, connection }: ConnectLinkItem, { paint }: Output): string =>
  `${paint('green', '✓')} ${plain(provider)} is connected for ${plain(tenant)}: ${plain(connection ?? '')}\n`

const reasons: Readonly<Record<string, string>> = {
  expired: 'nobody opened the link in time',
  abandoned: 'nobody came back from the provider in time',
  denied: 'the access was not allowed',
  pending_lost: 'the provider let it in, but the connection was not kept: connect again',
}

const failureOf = ({ status, reason }: ConnectLinkItem): Failure =>
  new Failure(plain(status), reasons[status] ?? `not connected (${plain(reason ?? status)})`)
