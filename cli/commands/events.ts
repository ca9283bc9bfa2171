import type { Command } from 'commander'
import { adminClient, type AdminClient, type Query } from '../admin-client.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { callApi } from '../call-api.ts'
import { countsText, eventColumns, eventRow, type EventItem, type Page } from '../event-view.ts'
import { survey } from '../event-pages.ts'
import { detailText } from '../event-detail.ts'
import { instant } from '../instant.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { counted, table } from '../text.ts'
import { registerReplay } from './events-replay.ts'
import { registerTail } from './tail.ts'

interface Filter {
  readonly status?: string
  readonly provider?: string
  readonly type?: string
  readonly tenant?: string
  readonly since?: string
  readonly until?: string
}

interface ListOptions extends Filter {
  readonly limit: number
  readonly cursor?: string
  readonly summary?: boolean
  readonly url?: string
}

const mostCounted = 5_000

export function registerEvents(program: Command, context: Context): void {
  const events = program
    .command('events')
    .description('what came in, and what became of it')
    .addHelpText(
      'after',
      examples('events list --status dead', 'events show evt_0123', 'events replay evt_0123'),
    )
  registerList(events, context)
  registerShow(events, context)
  registerTail(events, context)
  registerReplay(events, context)
}

function registerList(events: Command, { io }: Context): void {
  const time = instant(io.clock)
  events
    .command('list')
    .description('the newest events, and how many stand where')
    .option('-s, --status <status>', 'received, claimed, retry, parked, done or dead')
    .option('-p, --provider <id>', 'of one provider')
    .option('-t, --type <type>', 'of one type')
    .option('--tenant <id>', 'of one tenant')
    .option('--since <when>', 'received since then: 15m, 24h, 7d ago, or a time (default: 24h)', time)
    .option('--until <when>', 'received before then', time)
    .option('-n, --limit <n>', 'how many to show', whole(1, 100), 20)
    .option(
      '--cursor <cursor>',
      'with --json: go on where the last page ended, with the same filters and times',
    )
    .option('--summary', 'only how many stand where')
    .option(...urlOption)
    .addHelpText(
      'after',
      examples('events list', 'events list --status dead --since 7d', 'events list --summary --json'),
    )
    .action(async (options: ListOptions, command: Command) => {
      const output = outputFor(command, io)
      const api = adminClient(io, options.url)
      if (output.asJson && !options.summary) return listPage(api, options, output)
      return listSurvey(api, options, output, io)
    })
}

/** What was asked for and nothing more: a cursor belongs to the very words of the list that it goes on with. */
const queryOf = (options: ListOptions): Query => {
  const { status, provider, type, tenant, since, until, cursor } = options
  return { status, provider, type, tenant, since, until, cursor }
}

async function listPage(api: AdminClient, options: ListOptions, output: Output): Promise<void> {
  const query = { ...queryOf(options), limit: options.limit }
  const page: Page<EventItem> = await api.get('/api/events', query)
  output.result({ items: page.items, cursor: page.cursor }, () => '')
}

async function listSurvey(api: AdminClient, options: ListOptions, output: Output, io: Io): Promise<void> {
  const since = options.since ?? instant(io.clock)('24h')
  const query = { ...queryOf(options), since, cursor: undefined }
  const found = await survey(api, query, options.summary ? 0 : options.limit, mostCounted)
  const { newest, counts, total, cut } = found
  const document = { since, total, cut, counts: Object.fromEntries(counts) }
  output.result(document, () => {
    const rows = newest.map((event) => eventRow(event, output.paint))
    const head = eventColumns.map((name) => output.paint('bold', name))
    const list = rows.length > 0 ? `${table([head, ...rows], io.terminal.columns)}\n` : ''
    const all = `${cut ? 'more than ' : ''}${counted(total, 'event')}`
    return `${list}${all} since ${since}: ${countsText(counts, output.paint)}\n`
  })
}

function registerShow(events: Command, { io }: Context): void {
  events
    .command('show')
    .description('one event: where it stands, what was tried, and its payload with personal data left out')
    .argument('<id>', 'evt_...')
    .option(...urlOption)
    .addHelpText('after', examples('events show evt_0123', 'events show evt_0123 --json'))
    .action(async (id: string, options: { readonly url?: string }, command: Command) => {
      const output = outputFor(command, io)
      const api = adminClient(io, options.url)
      const event = await callApi(api, 'GET /api/events/{id}', { path: { id } })
      output.result(event, () => detailText(event, output.paint))
    })
}
