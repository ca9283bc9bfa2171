import type { Command } from 'commander'
import { adminClient } from '../admin-client.ts'
import { callApi } from '../call-api.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import type { Output } from '../output.ts'
import type { PollItem } from '../poll-view.ts'
import { plain, span, table } from '../text.ts'
import { registerPollsBackfill } from './polls-backfill.ts'

export function registerPolls(program: Command, context: Context): void {
  const command = program
    .command('polls')
    .description('how far the streams of connections are read, and reading one now')
    .addHelpText('after', examples('polls list --tenant acme', 'polls run conn_0123:events --tenant acme'))
  registerList(command, context)
  registerRun(command, context)
  registerPollsBackfill(command, context)
}

interface ListOptions {
  readonly tenant?: string
  readonly provider?: string
  readonly limit: number
  readonly cursor?: string
  readonly url?: string
}

function registerList(parent: Command, { io }: Context): void {
  parent
    .command('list')
    .description('polls by tenant, with their watermark and what webhooks missed')
    .option('--tenant <id>', 'of one tenant')
    .option('--provider <id>', 'of one provider')
    .option('-n, --limit <n>', 'how many to show', whole(1, 100), 50)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option(...urlOption)
    .addHelpText('after', examples('polls list', 'polls list --tenant acme --provider stripe --json'))
    .action(async ({ url, ...query }: ListOptions, command: Command) => {
      const output = outputFor(command, io)
      const page = await callApi(adminClient(io, url), 'GET /api/polls', { query })
      output.result(page, () => {
        const more = page.cursor ? `\nmore: --cursor ${plain(page.cursor)}\n` : ''
        if (page.items.length === 0 && !more)
          return 'No polls: name streams under `polls` in sluice.config.ts, and connect an account\n'
        return table(rows(page.items, output), io.terminal.columns) + more
      })
    })
}

const colours = { fresh: 'green', late: 'yellow', still: 'red', paused: 'dim' } as const
const colour = (state: string) => colours[state as keyof typeof colours] ?? 'dim'

function rows(items: readonly PollItem[], { paint }: Output): string[][] {
  const names = [
    'id',
    'tenant',
    'provider',
    'state',
    'lag',
    'every',
    'found',
    'missed',
    'watermark',
    'last error',
  ]
  const head = names.map((name) => paint('bold', name))
  return [
    head,
    ...items.map((poll) => [
      plain(poll.id),
      plain(poll.tenant),
      plain(poll.provider),
      paint(colour(poll.freshness.state), plain(stateOf(poll))),
      span(poll.lagMs),
      span(poll.intervalMs),
      String(poll.found),
      missedOf(poll, paint),
      plain(poll.watermark ?? '-'),
      paint('dim', plain(poll.lastError ?? '')),
    ]),
  ]
}

/** What holds it up says more than how fresh it is. */
const stateOf = ({ state, cause, freshness }: PollItem): string =>
  state === 'blocked' ? `blocked (${cause ?? 'unknown'})` : freshness.state

const missedOf = ({ missed, webhooks }: PollItem, paint: Output['paint']): string =>
  webhooks === 'none' && missed === 0
    ? paint('dim', '-')
    : paint(webhooks === 'missing' ? 'yellow' : 'dim', String(missed))

function registerRun(parent: Command, { io }: Context): void {
  parent
    .command('run')
    .description('read a stream now, without waiting for its turn')
    .argument('<id>', 'as `polls list` shows it: conn_...:events')
    .requiredOption('--tenant <id>', 'whose it is')
    .option(...urlOption)
    .addHelpText('after', examples('polls run conn_0123:events --tenant acme'))
    .action(async (id: string, { tenant, url }: { tenant: string; url?: string }, command: Command) => {
      if (!/^conn_[A-Za-z0-9_-]{32}:[\w.~-]+$/.test(id))
        throw new Failure('usage', `"${plain(id)}" is no id of a poll`, 2)
      const output = outputFor(command, io)
      const asked = { path: { id }, query: { tenant } }
      const answer = await callApi(adminClient(io, url), 'POST /api/polls/{id}/run', asked)
      output.result(answer, () => `${output.paint('green', '✓')} ${plain(id)} is read now\n`)
    })
}
