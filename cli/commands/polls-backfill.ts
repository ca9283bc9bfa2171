import { Option, type Command } from 'commander'
import { adminClient, type AdminClient } from '../admin-client.ts'
import { progressText, watchBackfill, type BackfillItem } from '../backfill-watch.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import { instant } from '../instant.ts'
import type { Output } from '../output.ts'
import { plain, table } from '../text.ts'

interface Options {
  readonly since?: string
  readonly until?: string
  readonly again?: true
  readonly watch?: true
  readonly list?: true
  readonly pause?: string
  readonly resume?: string
  readonly cancel?: string
  readonly url?: string
}

const actions = ['pause', 'resume', 'cancel'] as const
const others = ['since', 'until', 'again', 'list', ...actions] as const

export function registerPollsBackfill(parent: Command, { io, end }: Context): void {
  const act = (name: (typeof actions)[number], description: string): Option =>
    new Option(`--${name} <backfill>`, description).conflicts(others.filter((other) => other !== name))
  parent
    .command('backfill')
    .description('read a window of a stream, or all of it, beside the polls')
    .argument('<poll>', 'conn_...:stream')
    .option(
      '--since <when>',
      'from when: 15m, 24h, 7d, a time (default: from the beginning)',
      instant(io.clock),
    )
    .option('--until <when>', 'up to when (default: now)', instant(io.clock))
    .option('--again', 'also where this window was read before')
    .option('--watch', 'show how far it is until it is over')
    .addOption(
      new Option('--list', 'those that there are').conflicts(others.filter((name) => name !== 'list')),
    )
    .addOption(act('pause', 'stop one at its next page'))
    .addOption(act('resume', 'let one go on where it stopped'))
    .addOption(act('cancel', 'end one for good'))
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'polls backfill conn_0123:events --since 30d --watch',
        'polls backfill conn_0123:events --list',
        'polls backfill conn_0123:events --pause bf_0123',
      ),
    )
    .action(async (poll: string, options: Options, command: Command) => {
      const output = outputFor(command, io)
      const api = adminClient(io, options.url)
      const path = pathOf(poll)
      if (options.list)
        return showList(await api.get<{ items: BackfillItem[] }>(path), output, io.terminal.columns)
      const item = await ask(api, path, options)
      if (!options.watch) return output.result(item, () => lineOf(item, output))
      const last = await watchBackfill(`${path}/${item.id}`, item, { api, io, output })
      output.result(last, () => lineOf(last, output))
      if (last.status !== 'done') end(1)
    })
}

function pathOf(poll: string): string {
  if (!/^conn_[A-Za-z0-9_-]{32}:./.test(poll))
    throw new Failure(
      'usage',
      `"${plain(poll)}" is no poll: write its connection and stream, conn_...:events`,
      2,
    )
  return `/api/polls/${encodeURIComponent(poll)}/backfill`
}

function ask(api: AdminClient, path: string, options: Options): Promise<BackfillItem> {
  for (const action of actions) {
    const id = options[action]
    if (id === undefined) continue
    if (!/^bf_[A-Za-z0-9_-]{32}$/.test(id))
      throw new Failure('usage', `"${plain(id)}" is no id of a backfill`, 2)
    return api.post(`${path}/${id}/${action}`, {})
  }
  const { since, until, again } = options
  return api.post(path, {
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(again && { again }),
  })
}

const colour = (status: string) => (status === 'done' ? 'green' : status === 'failed' ? 'red' : 'dim')

function lineOf(item: BackfillItem, { paint }: Output): string {
  const why = item.cause ?? item.failure
  const reason = why === null ? '' : ` (${plain(why)})`
  return `${plain(item.id)}  ${paint(colour(item.status), plain(item.status))}${reason}, ${progressText(item)}\n`
}

function showList(page: { readonly items: readonly BackfillItem[] }, output: Output, columns: number): void {
  const { paint } = output
  const head = ['id', 'from', 'to', 'state', 'progress'].map((name) => paint('bold', name))
  output.result(page, () =>
    page.items.length === 0
      ? 'No backfills\n'
      : table(
          [
            head,
            ...page.items.map((item) => [
              plain(item.id),
              plain(item.since ?? 'the beginning'),
              plain(item.until ?? item.startedAt),
              paint(colour(item.status), plain(item.status)),
              progressText(item),
            ]),
          ],
          columns,
        ),
  )
}
