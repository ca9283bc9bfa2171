import type { Command } from 'commander'
import { adminClient, type AdminClient } from '../admin-client.ts'
import type { ConnectionItem } from '../connection-view.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { pages } from '../event-pages.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { progressOf } from '../progress.ts'
import { keysPath } from '../tenant-keys.ts'
import { counted, plain } from '../text.ts'
import { untilDone } from '../until-done.ts'

interface Options {
  readonly yes?: boolean
  readonly now?: boolean
  readonly url?: string
}

export function registerTenants(program: Command, { io }: Context): void {
  program
    .command('tenants')
    .description('everything that is kept sealed for a tenant')
    .addHelpText('after', examples('tenants shred acme'))
    .command('shred')
    .description("disconnect a tenant's accounts and destroy its keys: it can not be undone")
    .argument('<tenant>', 'whose')
    .option('--yes', "do not ask for the tenant's name again")
    .option('--now', 'do not wait until providers have taken the tokens back')
    .option(...urlOption)
    .addHelpText(
      'after',
      `
First each connection of the tenant is deleted and its tokens go back to the provider. Then the tenant's keys are destroyed,
so that nothing that was sealed for it opens again: not in the table, and not in what was copied from it. Only the backups of
the table hold the keys, wrapped, for the 35 days that they are kept. A tenant that connects again gets new keys.
The refresher does both in its rounds, so this takes a minute or two.
${examples('tenants shred acme', 'tenants shred acme --yes --json')}`,
    )
    .action(async (tenant: string, options: Options, command: Command) => {
      const output = outputFor(command, io)
      const api = adminClient(io, options.url)
      const keys = await keysOf(tenant, api)
      const connections = await connectionsOf(tenant, api)
      await confirm(tenant, connections, options, { io, output })
      const left = await giveBack(tenant, connections, options, { io, output, api })
      await api.delete(keysPath(tenant))
      await untilShredded(tenant, { io, output, api })
      const result = { tenant, status: 'shredded', keys, connections: connections.length, notGivenBack: left }
      output.result(result, () => {
        const note = left > 0 ? `; the tokens of ${left} did not go back to their provider` : ''
        return `${output.paint('green', '✓')} ${plain(tenant)} is shredded: ${counted(keys, 'key')} destroyed${note}\n`
      })
    })
}

interface Session {
  readonly io: Io
  readonly output: Output
}
type ApiSession = Session & { readonly api: AdminClient }

/** @throws Failure when the tenant has none. */
const keysOf = async (tenant: string, api: AdminClient): Promise<number> =>
  (await api.get<{ keys: number }>(keysPath(tenant))).keys

async function connectionsOf(tenant: string, api: AdminClient): Promise<ConnectionItem[]> {
  const found: ConnectionItem[] = []
  for await (const { items } of pages<ConnectionItem>(api, '/api/connections', { tenant, limit: 100 }))
    found.push(...items)
  return found
}

/** @throws Failure unless whoever is asked types the tenant's name. */
async function confirm(
  tenant: string,
  connections: readonly ConnectionItem[],
  { yes = false }: Options,
  { io, output }: Session,
): Promise<void> {
  const live = connections.filter(({ status }) => status !== 'deleted').length
  if (yes) return
  if (!io.terminal.input || !io.terminal.errors)
    throw new Failure('not_confirmed', 'shredding can not be undone: say --yes, or run this on a terminal', 2)
  output.note(
    `${output.paint('bold', `This can not be undone.`)} ${counted(live, 'connection')} of ${plain(tenant)} will be deleted, their tokens given back,\nand nothing that is sealed for ${plain(tenant)} will ever open again.`,
  )
  const typed = await io.ask(`Type the name of the tenant to go on`)
  if (typed?.trim() !== tenant) throw new Failure('not_confirmed', 'that is not the name: nothing was done')
}

const onePath = (tenant: string, id: string): string =>
  `/api/connections/${id}?tenant=${encodeURIComponent(tenant)}`

/** Deletes the connections; answers how many of them the providers have not been told of. */
async function giveBack(
  tenant: string,
  connections: readonly ConnectionItem[],
  { now = false }: Options,
  { io, output, api }: ApiSession,
): Promise<number> {
  for (const { id, status } of connections) if (status !== 'deleted') await api.delete(onePath(tenant, id))
  const isGivenBack = async ({ id }: ConnectionItem): Promise<boolean> => {
    const { status, refreshAt } = await api.get<ConnectionItem>(onePath(tenant, id))
    return status === 'deleted' && refreshAt === null
  }
  if (now) {
    const back = await Promise.all(connections.map(isGivenBack))
    return back.filter((is) => !is).length
  }
  const progress = progressOf(io, { total: connections.length, noun: 'connection' }, output.paint)
  const left = await untilDone(connections, isGivenBack, { io, progress })
  progress.end()
  if (left.length === 0) return 0
  throw new Failure(
    'not_given_back',
    `${counted(left.length, 'connection')} could not be given back yet, so the keys are still there: run it again, or with --now to go on without`,
  )
}

async function untilShredded(tenant: string, { io, output, api }: ApiSession): Promise<void> {
  const isGone = async (): Promise<boolean> => {
    try {
      await keysOf(tenant, api)
      return false
    } catch (error) {
      if (error instanceof Failure && error.code === 'not_found') return true
      throw error
    }
  }
  const progress = progressOf(io, { total: 1, noun: 'tenant' }, output.paint)
  const left = await untilDone([tenant], isGone, { io, progress })
  if (left.length > 0)
    throw new Failure('not_shredded', 'the refresher has not destroyed the keys yet: see its log')
}
