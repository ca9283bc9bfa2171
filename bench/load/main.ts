import { parseArgs, styleText } from 'node:util'
import { launchBrowser } from '#test/browser/browser.ts'
import { eventually, ledgerOf, startStackProcess, temporaryHome } from '#test/e2e/local-process.ts'
import { growthPerMinute, watchMemory } from './memory.ts'
import { sendWebhooks, type Sent } from './senders.ts'

/**
 * `npm run load -- [--rate 200] [--seconds 60] [--no-console]`: a steady load on a local stack of its own, with the console
 * open in a browser. Ends with 1 when an accepted event was not handled once, or anything answered 5xx.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    console: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const dim = (text: string): string => styleText('dim', text)

const secret = 'whsec_load'
const folder = await temporaryHome()
const stack = await startStackProcess(folder.home, folder.dataDir, { STRIPE_WEBHOOK_SECRET: secret })
const browser = values.console ? await launchBrowser() : undefined
const { url, adminToken, pid } = stack.file
let failed = true
try {
  if (browser) await openConsole()
  say(dim(`${rate} events/s for ${seconds} s on ${url}${browser ? ', with the console open' : ''}`))
  // The functions' first copies start, and their code is compiled.
  await sendWebhooks({
    url: `${url}/webhooks/stripe`,
    secret,
    rate: Math.ceil(rate / 4),
    seconds: 5,
    onSecond() {},
  })
  const memory = watchMemory(pid)
  const began = performance.now()
  const sent = await sendWebhooks({
    url: `${url}/webhooks/stripe`,
    secret,
    rate,
    seconds,
    onSecond(second) {
      if (second % 10 === 0 && second > 0) say(dim(`${second} s: ${memory.samples.at(-1)?.toFixed(0)} MB`))
    },
  })
  // Looking for what became of them reads whole tables, which is not the load.
  memory.stop()
  const statuses = await drained(sent)
  const drainedAfterMs = performance.now() - began - seconds * 1_000
  failed = report(sent, statuses, { samples: memory.samples, drainedAfterMs })
} finally {
  await browser?.close()
  await stack.end('SIGTERM')
  await folder.remove()
}
process.exitCode = failed ? 1 : 0

async function openConsole(): Promise<void> {
  const answer = await fetch(`${url}/api/login-links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
  })
  const link = (await answer.json()) as { readonly url: string }
  const page = await (await browser?.newContext())?.newPage()
  await page?.goto(link.url)
  await page?.goto(`${url}/console/events`)
}

/** How each accepted event ended, once none is under way any more or nothing moves for half a minute. */
async function drained({
  accepted,
}: Sent): Promise<ReadonlyMap<string, { status: string; attempts: number }>> {
  const wanted = new Set(accepted)
  let rows = new Map<string, { status: string; attempts: number }>()
  await eventually(
    'every accepted event is done',
    async () => {
      const all = await ledgerOf(stack.file)
      rows = new Map(all.filter(({ id }) => wanted.has(id)).map((row) => [row.id, row]))
      const open = accepted.filter((id) => rows.get(id)?.status !== 'done').length
      if (open > 0) await new Promise((resolve) => setTimeout(resolve, 2_000))
      return open === 0
    },
    180_000,
  ).catch(() => undefined)
  return rows
}

interface Seen {
  readonly samples: readonly number[]
  readonly drainedAfterMs: number
}

/** Prints the figures; answers whether they are bad. */
function report(
  { accepted, refused, latenciesMs, latestMs }: Sent,
  rows: ReadonlyMap<string, { readonly status: string; readonly attempts: number }>,
  { samples, drainedAfterMs }: Seen,
): boolean {
  const lost = accepted.filter((id) => rows.get(id)?.status !== 'done').length
  const again = accepted.filter((id) => (rows.get(id)?.attempts ?? 0) > 1).length
  const serverErrors = [...refused].filter(([status]) => status >= 500 || status === 0)
  const count5xx = serverErrors.reduce((sum, [, count]) => sum + count, 0)
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const at = (share: number) => `${(sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)} ms`
  const growth = growthPerMinute(samples)
  const lines = {
    accepted: `${accepted.length} of ${rate * seconds}`,
    refused: [...refused].map(([status, count]) => `${status}: ${count}`).join(', ') || 'none',
    '5xx': `${count5xx}`,
    lost: `${lost}`,
    'started again': `${again}`,
    'answer p50, p95, p99, most': [0.5, 0.95, 0.99, 1].map(at).join(', '),
    'all handled after': `${(drainedAfterMs / 1_000).toFixed(1)} s more`,
    memory: `${samples[0]?.toFixed(0)} MB at first, ${samples.at(-1)?.toFixed(0)} MB at last, ${growth.toFixed(1)} MB a minute in the second half`,
    'sender late by': `${latestMs.toFixed(0)} ms at most`,
  }
  for (const [name, value] of Object.entries(lines)) say(`  ${name.padEnd(28)} ${value}`)
  return lost > 0 || count5xx > 0
}
