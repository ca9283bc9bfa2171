import type { Context, Hono } from 'hono'
import { toConnectionItem } from '#lib/admin/connection-view.ts'
import { listConnections } from '#lib/admin/list-connections.ts'
import { toPollItem } from '#lib/admin/poll-view.ts'
import type { Poll } from '#lib/polling/poll-state.ts'
import { connectionIdGrammar } from '#lib/vault/connection-id.ts'
import type { Connection } from '#lib/vault/connection.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { newConnectLink } from '../new-connect-link.ts'
import { hasWebhooks } from '../polls.ts'
import { addressOf, mayTouch } from '../requests.ts'
import { ConnectionPage, NoConnectionPage, type MadeLink } from './connection-page.tsx'
import { connectionPath, ConnectionsPage, type ConnectionFilter } from './connections-page.tsx'
import { Notice } from './notice.tsx'
import { page } from './page.tsx'

const pageSize = 50
/** Pages of a hundred that are looked through for those of one state; the next page goes on behind them. */
const mostPages = 10

type Ctx = Context<AdminEnv>

export function connectionPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/connections', (c) => list(c, deps))
  app.get('/connections/:id', async (c) => {
    const found = await findConnection(c, c.req.query('tenant') ?? '', deps)
    return show(c, found, undefined, deps)
  })
  app.post('/connections/:id/reconnect', (c) => reconnect(c, deps))
  const changes = {
    delete: (tenant: string, id: string) => deps.vault.disconnect(tenant, id),
    refresh: (tenant: string, id: string) => deps.vault.hasten(tenant, id),
    activate: (tenant: string, id: string) => deps.vault.activate(tenant, id),
  } as const
  for (const [name, change] of Object.entries(changes)) {
    app.post(`/connections/:id/${name}`, async (c) => {
      const found = await findConnection(c, await tenantOf(c), deps)
      if (!found) return show(c, found, undefined, deps)
      const outcome = await change(found.tenant, found.id)
      if (name === 'delete' && outcome === 'saved')
        deps.log('info', 'a connection was disconnected', { tenant: found.tenant, connection: found.id })
      return c.redirect(`${connectionPath(found)}&${outcome === 'saved' ? 'did' : 'refused'}=${name}`, 303)
    })
  }
}

async function list(c: Ctx, deps: AdminDeps): Promise<Response> {
  const given = (name: string): string | undefined => c.req.query(name)?.trim().slice(0, 256) || undefined
  const filter = { tenant: given('tenant'), state: given('state') }
  const found = await find(filter, c, deps)
  if (!found) return c.redirect('/console/connections', 303)
  const next = Object.entries({ ...filter, cursor: found.next }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const children = (
    <ConnectionsPage
      items={found.connections.map(toConnectionItem)}
      filter={filter}
      more={found.next && `/console/connections?${new URLSearchParams(next).toString()}`}
      notice={undefined}
      now={deps.clock.now()}
    />
  )
  return c.html(
    page({ title: 'Connections', stage: deps.stage, section: 'connections', live: 'page', children }),
  )
}

/** A page of those that the filter admits: it may be a little longer than others, and is never cut. */
async function find({ tenant, state }: ConnectionFilter, c: Ctx, deps: AdminDeps) {
  const connections: Connection[] = []
  let after = c.req.query('cursor')
  for (let pages = 0; pages < mostPages; pages += 1) {
    const wanted = { tenant, after, limit: state === undefined ? pageSize : 100 }
    const found = await listConnections(wanted, c.get('caller').tenants, deps.connections)
    if (!found) return undefined
    connections.push(...found.connections.filter((each) => state === undefined || each.state === state))
    after = found.next
    if (after === undefined || connections.length >= pageSize) break
  }
  return { connections, next: after }
}

const tenantOf = async (c: Ctx): Promise<string> =>
  new URLSearchParams(await c.req.text()).get('tenant') ?? ''

async function findConnection(c: Ctx, tenant: string, deps: AdminDeps): Promise<Connection | undefined> {
  const id = c.req.param('id') ?? ''
  if (!connectionIdGrammar.test(id) || !mayTouch(c, tenant)) return undefined
  return deps.vault.get(tenant, id, { consistent: true })
}

async function show(
  c: Ctx,
  connection: Connection | undefined,
  link: MadeLink | undefined,
  deps: AdminDeps,
): Promise<Response> {
  const { stage, clock } = deps
  const frame = { stage, section: 'connections' } as const
  if (!connection)
    return c.html(page({ ...frame, title: 'No connection', children: <NoConnectionPage /> }), 404)
  const now = clock.now()
  const [polls, subscriptions] = await Promise.all([
    pollsOf(connection, deps),
    deps.subscriptions.of(connection.id),
  ])
  const children = (
    <ConnectionPage
      connection={toConnectionItem(connection)}
      polls={polls.map((poll) => toPollItem(poll, hasWebhooks(poll, deps), now))}
      subscriptions={subscriptions}
      canReconnect={connection.kind === 'oauth' && deps.connectGrantOf(connection.provider) !== undefined}
      link={link}
      notice={noticeOf(c)}
      now={now}
    />
  )
  // A link is shown at the address of its form, where nothing can be asked for.
  const live = link || connection.state === 'deleted' ? undefined : 'page'
  return c.html(page({ ...frame, title: `${connection.provider} ${connection.account}`, live, children }))
}

/** No stream's name comes before `!`. */
async function pollsOf({ tenant, id }: Connection, { polls }: AdminDeps): Promise<readonly Poll[]> {
  const found = await polls.list(tenant, `${tenant}#${id}#!`, 50)
  return found.polls.filter(({ connection }) => connection === id)
}

/** For the same account with the same scopes: whoever uses the link mends this connection and makes no other. */
async function reconnect(c: Ctx, deps: AdminDeps): Promise<Response> {
  const found = await findConnection(c, await tenantOf(c), deps)
  if (!found || found.kind !== 'oauth') return show(c, undefined, undefined, deps)
  const { tenant, provider, account, scopes } = found
  const wish = { tenant, provider, account, ...(scopes.length > 0 && { scopes: [...scopes] }) }
  const made = await newConnectLink(wish, addressOf(c, deps), deps)
  if (made.kind === 'refused') return c.redirect(`${connectionPath(found)}&refused=reconnect`, 303)
  return show(c, found, made, deps)
}

const done = new Map([
  ['delete', 'The connection is deleted.'],
  ['refresh', 'A refresh is due now; its times here follow.'],
  ['activate', 'The connection is active.'],
])
const refused = new Map([
  ['delete', 'It was deleted before.'],
  ['refresh', 'Only an active connection can be refreshed.'],
  ['activate', 'Only a pending connection can be activated.'],
  ['reconnect', 'This provider has no way to connect this account again.'],
])

const noticeOf = (c: Ctx) => (
  <Notice said={done.get(c.req.query('did') ?? '')} refused={refused.get(c.req.query('refused') ?? '')} />
)
