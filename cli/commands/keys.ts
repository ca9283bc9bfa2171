import type { Command } from 'commander'
import { adminClient, type AdminClient } from '../admin-client.ts'
import type { ConnectionItem } from '../connection-view.ts'
import { callApi } from '../call-api.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { pages } from '../event-pages.ts'
import { Failure } from '../failure.ts'
import { progressOf } from '../progress.ts'
import { counted, plain } from '../text.ts'
import { untilDone } from '../until-done.ts'

const keysAddress = 'GET /api/tenants/{id}/keys'

interface Options {
  readonly tenant?: string
  readonly url?: string
}

export function registerKeys(program: Command, { io, end }: Context): void {
  program
    .command('keys')
    .description("the keys that seal tenants' credentials")
    .addHelpText('after', examples('keys rewrap'))
    .command('rewrap')
    .description('wrap data keys anew by the newest backing key of KMS; what they sealed is not touched')
    .option('--tenant <id>', 'of one tenant (default: of each that has connections)')
    .option(...urlOption)
    .addHelpText(
      'after',
      `
KMS rotates its backing key by itself; what an older one wrapped opens all the same. This is for whoever wants none of them
left. The refresher does it, within a minute or two.
${examples('keys rewrap', 'keys rewrap --tenant acme --json')}`,
    )
    .action(async ({ tenant, url }: Options, command: Command) => {
      const output = outputFor(command, io)
      const api = adminClient(io, url)
      const before = await ask(api, tenant)
      const tenants = [...before.keys()]
      const progress = progressOf(io, { total: tenants.length, noun: 'tenant' }, output.paint)
      const items: { tenant: string; keys: number; rewrappedAt: string | null; result: string }[] = []
      const isDone = async (name: string): Promise<boolean> => {
        const { keys, task, rewrappedAt } = await callApi(api, keysAddress, { path: { id: name } })
        const done = task === null && rewrappedAt !== before.get(name)
        if (done) items.push({ tenant: name, keys, rewrappedAt, result: 'rewrapped' })
        return done
      }
      const left = await untilDone(tenants, isDone, { io, progress })
      progress.end()
      for (const name of left) items.push({ tenant: name, keys: 0, rewrappedAt: null, result: 'waiting' })
      output.result({ items, cursor: null }, () => {
        const keys = items.reduce((sum, item) => sum + item.keys, 0)
        const mark = left.length > 0 ? output.paint('red', '✗') : output.paint('green', '✓')
        const waiting = left.map((name) => `  ${plain(name)} waits still: see the log of the refresher\n`)
        return `${mark} ${counted(keys, 'key')} of ${counted(tenants.length - left.length, 'tenant')} wrapped anew\n${waiting.join('')}`
      })
      end(left.length > 0 ? 1 : 0)
    })
}

/** Asks for each tenant's keys; answers when they had been wrapped last. Of all tenants, one that was shredded has none. */
async function ask(api: AdminClient, only: string | undefined): Promise<Map<string, string | null>> {
  const before = new Map<string, string | null>()
  for (const tenant of only === undefined ? await tenantsOf(api) : [only]) {
    try {
      before.set(tenant, (await callApi(api, keysAddress, { path: { id: tenant } })).rewrappedAt)
      await callApi(api, 'POST /api/tenants/{id}/keys/rewrap', { path: { id: tenant } })
    } catch (error) {
      const isGone = error instanceof Failure && error.code === 'not_found'
      if (!isGone || only !== undefined) throw error
    }
  }
  return before
}

/** Whoever has a connection, or had. */
async function tenantsOf(api: AdminClient): Promise<string[]> {
  const names = new Set<string>()
  for await (const { items } of pages<ConnectionItem>(api, '/api/connections', { limit: 100 }))
    for (const { tenant } of items) names.add(tenant)
  return [...names]
}
