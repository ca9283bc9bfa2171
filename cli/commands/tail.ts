import type { Command } from 'commander'
import { ms } from '#lib/primitives/clock.ts'
import { adminClient, type AdminClient } from '../admin-client.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { pages } from '../event-pages.ts'
import { eventRow, type EventItem } from '../event-view.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { table } from '../text.ts'

const pollEvery = ms(1_000)
/** An event is shown again when its status changes within this time of its receipt. */
const memoryMs = 10 * 60_000
const pageSize = 100
/** Pages read in one look; a flood beyond shows in the next one. */
const mostPages = 5

interface Options {
  readonly provider?: string
  readonly tenant?: string
  readonly url?: string
}

export function registerTail(events: Command, { io }: Context): void {
  events
    .command('tail')
    .description('events as they come in, and each change of their status, until interrupted')
    .option('-p, --provider <id>', 'of one provider')
    .option('--tenant <id>', 'of one tenant')
    .option(...urlOption)
    .addHelpText('after', examples('events tail', 'events tail --provider stripe --json'))
    .action(async (options: Options, command: Command) => {
      await tail(adminClient(io, options.url), options, outputFor(command, io), io)
    })
}

async function tail(api: AdminClient, { provider, tenant }: Options, output: Output, io: Io): Promise<void> {
  const seen = new Map<string, string>()
  const started = io.clock.now()
  let away = false
  output.note(output.paint('dim', 'Waiting for events; Ctrl-C ends'))
  while (!io.signal.aborted) {
    const since = new Date(Math.max(started, io.clock.now() - memoryMs)).toISOString()
    try {
      const fresh = await changes(api, { since, provider, tenant, limit: pageSize }, seen)
      for (const event of fresh) output.entry(event, () => table([eventRow(event, output.paint)]))
      away = false
    } catch (error) {
      // A stack that is being restarted is waited for; a refusal is final.
      if (io.signal.aborted) return
      if (!(error instanceof Failure) || error.code !== 'unreachable') throw error
      if (!away) output.note(error.message)
      away = true
    }
    await io.clock.sleep(pollEvery, io.signal).catch(() => {})
  }
}

/** What is new or stands elsewhere since the last look, oldest first. Remembers it in `seen`. */
async function changes(
  api: AdminClient,
  query: Record<string, string | number | undefined>,
  seen: Map<string, string>,
): Promise<EventItem[]> {
  const fresh: EventItem[] = []
  let read = 0
  for await (const { items } of pages<EventItem>(api, '/api/events', query)) {
    for (const event of items) {
      const state = `${event.status}#${event.attempts}`
      if (seen.get(event.id) === state) continue
      seen.set(event.id, state)
      fresh.push(event)
    }
    read += 1
    if (read >= mostPages) break
  }
  return fresh.toReversed()
}
