import { Option, type Command } from 'commander'
import { adminClient, type AdminClient } from '../admin-client.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import { instant } from '../instant.ts'
import { watchJob } from '../job-watch.ts'
import type { Output } from '../output.ts'
import {
  planText,
  replayLine,
  replayTable,
  replayText,
  type ReplayItem,
  type ReplayPlan,
} from '../replay-view.ts'
import { plain } from '../text.ts'

interface Options {
  readonly since?: string
  readonly until?: string
  readonly tenant: string
  readonly provider?: string
  readonly type?: string
  readonly endpoint?: string
  readonly status?: string
  readonly reason?: string
  readonly rate?: number
  readonly limit?: number
  readonly forced?: true
  readonly dryRun?: true
  readonly watch?: true
  readonly list?: true
  readonly pause?: string
  readonly resume?: string
  readonly cancel?: string
  readonly url?: string
}

const path = '/api/replays'
const actions = ['pause', 'resume', 'cancel'] as const
const ways = ['list', ...actions] as const
const isJob = (item: ReplayItem | ReplayPlan): item is ReplayItem => item.status !== 'planned'

export function registerReplay(events: Command, context: Context): void {
  const { io } = context
  const time = instant(io.clock)
  const replay = events
    .command('replay')
    .description('send one event through the handlers again, or those of a window, at a pace')
    .argument('[id]', 'evt_..., as a new event of the same bytes')
    .option('--since <when>', 'of a window: received since 15m, 24h, 7d ago, or a time', time)
    .option('--until <when>', 'received before then (default: now)', time)
    .option('--tenant <id>', 'of this tenant', 'default')
    .option('-p, --provider <id>', 'of one provider')
    .option('-t, --type <pattern>', 'of these types: stripe.invoice.*')
    .option('--endpoint <id>', 'that came in there')
    .option('-s, --status <status>', 'done or dead')
    .option('--reason <reason>', 'that died of what begins so')
    .option('--rate <n>', 'events a second (default: 50)', whole(1, 200))
    .option('-n, --limit <n>', 'no more than so many', whole(1, 1_000_000))
    .option('--forced', 'also what is done; without it only dead events, with all their attempts')
    .option('--dry-run', 'only say what would be done')
    .option('--watch', 'show how far it is until it is over')
  for (const option of wayOptions()) replay.addOption(option)
  replay
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'events replay evt_0123',
        "events replay --since 2h --type 'stripe.*' --dry-run",
        "events replay --since 2h --type 'stripe.*' --rate 50 --watch",
        'events replay --since 24h --until 12h --provider github --forced',
        'events replay --list',
        'events replay --cancel rp_0123',
      ),
    )
    .action((id: string | undefined, options: Options, command: Command) =>
      run(id, options, outputFor(command, io), context),
    )
}

const wayOptions = (): readonly Option[] => [
  new Option('--list', 'the replays that there are'),
  ...actions.map((name) =>
    new Option(
      `--${name} <replay>`,
      { pause: 'stop one at its next page', resume: 'let one go on', cancel: 'end one for good' }[name],
    ).conflicts(['since', ...ways.filter((other) => other !== name)]),
  ),
]

async function run(
  id: string | undefined,
  options: Options,
  output: Output,
  { io, end }: Context,
): Promise<void> {
  const chosen = [id, options.since, ...ways.map((way) => options[way])].filter((each) => each !== undefined)
  if (chosen.length !== 1)
    throw new Failure(
      'usage',
      'name one event, or a window by --since, or one of --list, --pause, --resume, --cancel',
      2,
    )
  const api = adminClient(io, options.url)
  if (id !== undefined) return replayOne(id, api, output)
  if (options.list) {
    const page = await api.get<{ items: ReplayItem[] }>(path)
    return output.result(page, () => replayTable(page.items, output, io.terminal.columns))
  }
  const item = await ask(api, options)
  if (!isJob(item)) return output.result(item, () => planText(item, output))
  if (!options.watch) return output.result(item, () => replayLine(item, output))
  const view = { textOf: replayText, shareOf: ({ share }: ReplayItem) => share }
  const last = await watchJob(`${path}/${item.id}`, item, view, { api, io, output })
  output.result(last, () => replayLine(last, output))
  if (last.status !== 'done') end(1)
}

async function replayOne(id: string, api: AdminClient, output: Output): Promise<void> {
  const answer = await api.post<{ id?: string }>(`/api/events/${encodeURIComponent(id)}/replay`, {})
  const mark = output.paint('green', '✓')
  output.result(answer, () => `${mark} ${plain(id)} is replayed as ${plain(answer.id ?? 'a new event')}\n`)
}

function ask(api: AdminClient, options: Options): Promise<ReplayItem | ReplayPlan> {
  for (const action of actions) {
    const id = options[action]
    if (id === undefined) continue
    if (!/^rp_[A-Za-z0-9_-]{32}$/.test(id))
      throw new Failure('usage', `"${plain(id)}" is no id of a replay`, 2)
    return api.post(`${path}/${id}/${action}`, {})
  }
  const { since, until, tenant, provider, type, endpoint, status, reason, rate, limit, forced, dryRun } =
    options
  return api.post(path, {
    tenant,
    since,
    until,
    filter: { provider, type, endpoint, status, reason },
    mode: forced ? 'forced' : 'same-key',
    rate,
    limit,
    dryRun,
  })
}
