import type { Command } from 'commander'
import { adminClient, type AdminClient, type Query } from '../admin-client.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { pages } from '../event-pages.ts'
import { eventColumns, eventRow, type EventItem, type Page } from '../event-view.ts'
import { Failure } from '../failure.ts'
import { counted, plain, table } from '../text.ts'

interface ListOptions {
  readonly limit: number
  readonly cursor?: string
  readonly url?: string
}

const path = '/api/dead-letters'
/** Ids in one request. */
const chunk = 100

export function registerDeadLetters(program: Command, context: Context): void {
  const command = program.command('dead-letters').description('events that could not be handled')
  registerList(command, context)
  registerRedrive(command, context)
}

function registerList(parent: Command, { io }: Context): void {
  parent
    .command('list')
    .description('the newest dead events, each with its reason')
    .option('-n, --limit <n>', 'how many to show', whole(1, 100), 20)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option(...urlOption)
    .addHelpText('after', examples('dead-letters list', 'dead-letters list --json'))
    .action(async ({ limit, cursor, url }: ListOptions, command: Command) => {
      const output = outputFor(command, io)
      const page = await pageWithItems(adminClient(io, url), { limit, cursor })
      output.result({ items: page.items, cursor: page.cursor }, () => {
        if (page.items.length === 0) return 'No dead letters\n'
        const head = eventColumns.map((name) => output.paint('bold', name))
        const rows = page.items.map((event) => eventRow(event, output.paint))
        const more = page.cursor ? `\nmore: --cursor ${plain(page.cursor)}\n` : ''
        return table([head, ...rows], io.terminal.columns) + more
      })
    })
}

/** A page of a list may be empty although the list goes on: then the next one is read. */
async function pageWithItems(api: AdminClient, query: Query): Promise<Page<EventItem>> {
  for await (const page of pages<EventItem>(api, path, query)) {
    if (page.items.length > 0 || !page.cursor) return page
  }
  return { items: [], cursor: null }
}

function registerRedrive(parent: Command, { io }: Context): void {
  parent
    .command('redrive')
    .description('send dead events through the handlers again, with all their attempts')
    .argument('[id...]', 'evt_...')
    .option('--all', 'every dead letter there is')
    .option(...urlOption)
    .addHelpText('after', examples('dead-letters redrive evt_0123 evt_4567', 'dead-letters redrive --all'))
    .action(async (ids: string[], options: { all?: boolean; url?: string }, command: Command) => {
      if ((options.all ?? false) === ids.length > 0)
        throw new Failure('usage', 'name the events to redrive, or --all, not both', 2)
      const output = outputFor(command, io)
      const api = adminClient(io, options.url)
      const wanted = options.all ? await allIds(api) : ids
      const answers = await redrive(api, wanted)
      output.result({ requested: wanted.length, answers }, () => {
        return `${output.paint('green', '✓')} ${counted(wanted.length, 'event')} sent through again\n`
      })
    })
}

async function redrive(api: AdminClient, ids: readonly string[]): Promise<unknown[]> {
  const answers: unknown[] = []
  for (let at = 0; at < ids.length; at += chunk)
    answers.push(await api.post(`${path}/redrive`, { ids: ids.slice(at, at + chunk) }))
  return answers
}

/** Read in full before the first is redriven: redriving changes the list. */
async function allIds(api: AdminClient): Promise<string[]> {
  const ids: string[] = []
  for await (const { items } of pages<EventItem>(api, path, { limit: chunk }))
    ids.push(...items.map(({ id }) => id))
  return ids
}
