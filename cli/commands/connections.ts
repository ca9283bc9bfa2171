import type { Command } from 'commander'
import { adminClient, type AdminClient } from '../admin-client.ts'
import type { ConnectionItem } from '../connection-view.ts'
import { registerConnectionsAdd } from './connections-add.ts'
import { callApi } from '../call-api.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import type { Output } from '../output.ts'
import { plain, table } from '../text.ts'

const path = '/api/connections'

export function registerConnections(program: Command, context: Context): void {
  const command = program
    .command('connections')
    .description('accounts that tenants have connected')
    .addHelpText('after', examples('connections list --tenant acme', 'connections add distru --tenant acme'))
  registerList(command, context)
  registerConnectionsAdd(command, context)
  registerChange(command, context, {
    name: 'refresh',
    description: 'refresh its token within a minute',
    done: 'is refreshed within a minute',
    send: (api, id, tenant) => api.post(`${path}/${id}/refresh?tenant=${tenant}`, {}),
  })
  registerChange(command, context, {
    name: 'activate',
    description: 'put a connection of a shared link into use',
    done: 'is in use',
    send: (api, id, tenant) => api.post(`${path}/${id}/activate?tenant=${tenant}`, {}),
  })
  registerChange(command, context, {
    name: 'delete',
    description: 'give nothing out from now on, and give its tokens back to the provider',
    done: 'is disconnected; its tokens are given back within minutes',
    send: (api, id, tenant) => api.delete(`${path}/${id}?tenant=${tenant}`),
  })
}

interface ListOptions {
  readonly tenant?: string
  readonly limit: number
  readonly cursor?: string
  readonly url?: string
}

function registerList(parent: Command, { io }: Context): void {
  parent
    .command('list')
    .description('connections by tenant, with their state')
    .option('--tenant <id>', 'of one tenant')
    .option('-n, --limit <n>', 'how many to show', whole(1, 100), 50)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option(...urlOption)
    .addHelpText('after', examples('connections list', 'connections list --tenant acme --json'))
    .action(async ({ url, ...query }: ListOptions, command: Command) => {
      const output = outputFor(command, io)
      const page = await callApi(adminClient(io, url), 'GET /api/connections', { query })
      output.result(page, () => {
        if (page.items.length === 0)
          return 'No connections: make one with `sluice connect` or `sluice connections add`\n'
        const more = page.cursor ? `\nmore: --cursor ${plain(page.cursor)}\n` : ''
        return table(rows(page.items, output), io.terminal.columns) + more
      })
    })
}

const colour = (status: string) => (status === 'active' ? 'green' : status === 'needs_reauth' ? 'red' : 'dim')

function rows(items: readonly ConnectionItem[], { paint }: Output): string[][] {
  const head = ['id', 'tenant', 'provider', 'account', 'stands on', 'state', 'until'].map((name) =>
    paint('bold', name),
  )
  return [
    head,
    ...items.map(({ id, tenant, provider, account, status, cause, ...item }) => [
      plain(id),
      plain(tenant),
      plain(provider),
      plain(account),
      plain(standsOn(item)),
      paint(colour(status), plain(cause === null ? status : `${status} (${cause})`)),
      paint('dim', plain(until(item))),
    ]),
  ]
}

const standsOn = ({ kind, fingerprint }: Pick<ConnectionItem, 'kind' | 'fingerprint'>): string =>
  kind === 'oauth' ? 'token' : fingerprint === null ? 'key' : `key …${fingerprint}`

const until = ({
  kind,
  expiresAt,
  hardExpiresAt,
}: Pick<ConnectionItem, 'kind' | 'expiresAt' | 'hardExpiresAt'>) =>
  (kind === 'key' ? hardExpiresAt : expiresAt) ?? 'for good'

interface Change {
  readonly name: string
  readonly description: string
  readonly done: string
  readonly send: (api: AdminClient, id: string, tenant: string) => Promise<{ id: string; status: string }>
}

function registerChange(parent: Command, { io }: Context, { name, description, done, send }: Change): void {
  parent
    .command(name)
    .description(description)
    .argument('<id>', 'conn_...')
    .requiredOption('--tenant <id>', 'whose it is')
    .option(...urlOption)
    .addHelpText('after', examples(`connections ${name} conn_0123 --tenant acme`))
    .action(async (id: string, { tenant, url }: { tenant: string; url?: string }, command: Command) => {
      if (!/^conn_[A-Za-z0-9_-]{32}$/.test(id))
        throw new Failure('usage', `"${plain(id)}" is no id of a connection`, 2)
      const output = outputFor(command, io)
      const answer = await send(adminClient(io, url), id, encodeURIComponent(tenant))
      output.result(answer, () => `${output.paint('green', '✓')} ${plain(id)} ${done}\n`)
    })
}
