import type { Command } from 'commander'
import { adminClient, type AdminClient, type Query } from '../admin-client.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { callApi, type AnswerOf } from '../call-api.ts'
import { pages } from '../event-pages.ts'
import { eventColumns, eventRow, type EventItem, type Page } from '../event-view.ts'
import { Failure } from '../failure.ts'
import type { Output } from '../output.ts'
import { counted, plain, table } from '../text.ts'

interface ListOptions {
  readonly provider?: string
  readonly type?: string
  readonly tenant?: string
  readonly reason?: string
  readonly limit: number
  readonly cursor?: string
  readonly url?: string
}

const path = '/api/dead-letters'
/** Ids in one request. */
const chunk = 100

export function registerDeadLetters(program: Command, context: Context): void {
  const command = program
    .command('dead-letters')
    .description('events that could not be handled')
    .addHelpText('after', examples('dead-letters list', 'dead-letters redrive evt_0123'))
  registerList(command, context)
  registerRedrive(command, context)
}

function registerList(parent: Command, { io }: Context): void {
  parent
    .command('list')
    .description('the newest dead events, each with its reason')
    .option('-p, --provider <id>', 'of one provider')
    .option('-t, --type <type>', 'of one type')
    .option('--tenant <id>', 'of one tenant')
    .option('--reason <reason>', 'that died of this')
    .option('-n, --limit <n>', 'how many to show', whole(1, 100), 20)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option(...urlOption)
    .addHelpText('after', examples('dead-letters list', 'dead-letters list --json'))
    .action(async ({ url, ...query }: ListOptions, command: Command) => {
      const output = outputFor(command, io)
      const page = await pageWithItems(adminClient(io, url), query)
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

interface RedriveOptions {
  readonly all?: boolean
  readonly reason?: string
  readonly url?: string
}

/** What the API says of one event that was to be redriven. */
interface Redriven {
  readonly id: string
  readonly result: string
}

function registerRedrive(parent: Command, { io, end }: Context): void {
  parent
    .command('redrive')
    .description('send dead events through the handlers again, with all their attempts')
    .argument('[id...]', 'evt_...')
    .option('--reason <reason>', 'every one that died of this')
    .option('--all', 'every dead letter there is')
    .option(...urlOption)
    .addHelpText(
      'after',
      examples('dead-letters redrive evt_0123 evt_4567', 'dead-letters redrive --reason HANDLER_FAILED'),
    )
    .action(async (ids: string[], options: RedriveOptions, command: Command) => {
      const { all = false, reason, url } = options
      if ([ids.length > 0, all, reason !== undefined].filter(Boolean).length !== 1)
        throw new Failure('usage', 'name the events to redrive, or --reason, or --all; one of them', 2)
      const output = outputFor(command, io)
      const api = adminClient(io, url)
      const items =
        reason === undefined
          ? await redriveIds(api, all ? await allIds(api) : ids)
          : await redriveReason(api, reason)
      output.result({ items, cursor: null }, () => redrivenText(items, output))
      end(items.every(({ result }) => result === 'queued') ? 0 : 1)
    })
}

type Answer = AnswerOf<'POST /api/dead-letters/redrive'>

async function redriveIds(api: AdminClient, ids: readonly string[]): Promise<Redriven[]> {
  const items: Redriven[] = []
  for (let at = 0; at < ids.length; at += chunk) {
    const body = { ids: ids.slice(at, at + chunk) }
    items.push(...(await callApi(api, 'POST /api/dead-letters/redrive', { body })).items)
  }
  return items
}

async function redriveReason(api: AdminClient, reason: string): Promise<Redriven[]> {
  const items: Redriven[] = []
  let cursor: string | null | undefined
  do {
    const body = { reason, ...(cursor && { cursor }) }
    const answer: Answer = await callApi(api, 'POST /api/dead-letters/redrive', { body })
    items.push(...answer.items)
    cursor = answer.cursor
  } while (cursor)
  return items
}

function redrivenText(items: readonly Redriven[], { paint }: Output): string {
  const left = items.filter(({ result }) => result !== 'queued')
  const mark = left.length > 0 ? paint('red', '✗') : paint('green', '✓')
  const rows = left.map(({ id, result }) => [`  ${plain(id)}`, paint('red', plain(result))])
  return `${mark} ${counted(items.length - left.length, 'event')} sent through again\n${table(rows)}`
}

/** Read in full before the first is redriven: redriving changes the list. */
async function allIds(api: AdminClient): Promise<string[]> {
  const ids: string[] = []
  for await (const { items } of pages<EventItem>(api, path, { limit: chunk }))
    ids.push(...items.map(({ id }) => id))
  return ids
}
