import type { Context, Hono } from 'hono'
import { covers } from '#lib/access/tenant-scope.ts'
import { toPlan, toReplayItem } from '#lib/admin/replay-view.ts'
import { replayRates, wishOf } from '#lib/admin/replay-wish.ts'
import { replayRequest, type ReplayPlanItem, type ReplayRequest } from '#lib/admin/schemas-replays.ts'
import { controlReplay, replayActions, startReplay } from '#lib/processing/replay-control.ts'
import { planReplay } from '#lib/processing/replay-plan.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'
import { controlDeps, findReplay } from '../replays.ts'
import { mayTouch } from '../requests.ts'
import { utcOf } from './forms.tsx'
import { Notice } from './notice.tsx'
import { page } from './page.tsx'
import type { ReplayWish } from './replay-form.tsx'
import { ReplaysPage } from './replays-page.tsx'

type Ctx = Context<AdminEnv>

/** Replays of windows: planned on the page first, then begun with the same wish. */
export function replayPageRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.get('/replays', (c) => show(c, { wish: {}, notice: noticeOf(c) }, deps))
  app.post('/replays/plan', (c) => plan(c, deps))
  app.post('/replays', async (c) => c.redirect(`/console/replays?${await start(c, deps)}`, 303))
  for (const action of replayActions)
    app.post(`/replays/:id/${action}`, async (c) => {
      const found = await findReplay(c, deps)
      const kind = found ? (await controlReplay(found.id, action, controlDeps(deps))).kind : 'unknown'
      return c.redirect(`/console/replays?${kind === 'changed' ? `did=${action}` : `refused=${kind}`}`, 303)
    })
}

interface Shown {
  readonly wish: ReplayWish
  readonly plan?: ReplayPlanItem
  readonly notice: ReturnType<typeof Notice>
}

async function show(c: Ctx, { wish, plan: planned, notice }: Shown, deps: AdminDeps): Promise<Response> {
  const { tenants } = c.get('caller')
  const own = (await deps.replaying.replays.list()).filter(({ tenant }) => covers(tenants, tenant))
  const onlyTenant = tenants !== 'all' && tenants.length === 1 ? tenants[0] : undefined
  const children = (
    <ReplaysPage
      items={own.map(toReplayItem)}
      wish={{ ...wish, tenant: wish.tenant ?? onlyTenant }}
      plan={planned}
      providers={deps.providers.map(({ id }) => id)}
      notice={notice}
      now={deps.clock.now()}
    />
  )
  // What a form answers stands at an address that can't be asked for again.
  const live = c.req.method === 'GET' ? 'page' : undefined
  return c.html(page({ title: 'Replays', stage: deps.stage, section: 'replays', live, children }))
}

/** Counts what a replay would do, and changes nothing. */
async function plan(c: Ctx, deps: AdminDeps): Promise<Response> {
  const form = new URLSearchParams(await c.req.text())
  const wish = Object.fromEntries([...form].filter(([name, value]) => name !== 'csrf' && value.trim() !== ''))
  const refuse = (why: string): Promise<Response> =>
    show(c, { wish, notice: <Notice said={undefined} refused={why} /> }, deps)
  const request = requestOf(form, (name) => utcOf(form.get(name) ?? undefined))
  if ('fault' in request) return refuse(request.fault)
  if (!mayTouch(c, request.tenant)) return refuse(refused.get('tenant') ?? '')
  const wanted = wishOf(request, deps.clock.now())
  if ('fault' in wanted) return refuse(`${words[wanted.field]} ${wanted.fault}.`)
  const planned = toPlan(wanted, await planReplay(wanted, c.get('signal'), deps.replaying))
  return show(c, { wish, plan: planned, notice: null }, deps)
}

/** What came of it, as the address of the next page says it. */
async function start(c: Ctx, deps: AdminDeps): Promise<string> {
  const form = new URLSearchParams(await c.req.text())
  const request = requestOf(form, (name) => form.get(name) ?? undefined)
  if ('fault' in request) return 'refused=form'
  if (!mayTouch(c, request.tenant)) return 'refused=tenant'
  const wish = wishOf(request, deps.clock.now())
  if ('fault' in wish) return 'refused=form'
  const { events, countedTo } = await planReplay(wish, c.get('signal'), deps.replaying)
  const planned = countedTo === undefined ? events : undefined
  const { kind } = await startReplay({ ...wish, planned }, controlDeps(deps))
  return kind === 'started' ? 'did=start' : `refused=${kind}`
}

const words = { since: 'The beginning', until: 'The end' } as const

/** What the form says, as the API takes it. `timeOf` reads a field of time. */
function requestOf(
  form: URLSearchParams,
  timeOf: (name: 'since' | 'until') => string | undefined,
): ReplayRequest | { readonly fault: string } {
  const given = (name: string): string | undefined => form.get(name)?.trim() || undefined
  const [since, until, rate] = [timeOf('since'), timeOf('until'), given('rate')]
  if (since === undefined) return { fault: 'Say from when on.' }
  if (given('until') !== undefined && until === undefined) return { fault: 'The end is no time.' }
  const filter = { provider: given('provider'), type: given('type'), status: given('status') }
  const request = replayRequest.safeParse({
    tenant: given('tenant'),
    since,
    ...(until !== undefined && { until }),
    filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)),
    ...(given('mode') !== undefined && { mode: given('mode') }),
    ...(rate !== undefined && { rate: Number(rate) }),
  })
  if (request.success) return request.data
  const field = String(request.error.issues[0]?.path.at(-1) ?? '')
  return { fault: faults.get(field) ?? 'The form is not as it should be.' }
}

const faults = new Map([
  ['tenant', 'Name a tenant.'],
  ['type', 'The type is no name and no pattern such as invoice.*'],
  ['rate', `The most a second is a whole number from 1 to ${replayRates.most}.`],
  ['since', 'The beginning is no time.'],
  ['until', 'The end is no time.'],
])
const done = new Map([
  ['start', 'The replay has begun.'],
  ['pause', 'The replay is paused.'],
  ['resume', 'The replay goes on.'],
  ['cancel', 'The replay is cancelled.'],
])
const refused = new Map([
  ['form', 'The plan was not as it should be. Plan it again.'],
  ['tenant', 'There is no such tenant.'],
  ['taken', 'Another replay of this tenant is under way: wait for its end, or cancel it.'],
  ['busy', 'It is being written at this moment. Try again.'],
  ['ended', 'This replay is over.'],
  ['unknown', 'There is no such replay.'],
])

const noticeOf = (c: Ctx) => (
  <Notice said={done.get(c.req.query('did') ?? '')} refused={refused.get(c.req.query('refused') ?? '')} />
)
