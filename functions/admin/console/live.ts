import type { Context } from 'hono'
import { browseDead } from '#lib/admin/browse.ts'
import { sha256Hex } from '#lib/primitives/bytes.ts'
import { seconds, type Millis } from '#lib/primitives/clock.ts'
import { admitted } from '../admitted.ts'
import type { AdminDeps, AdminEnv } from '../deps.ts'

/** Asks for a page of this console as the browser would. */
export type Visit = (request: Request, c: Context<AdminEnv>) => Response | Promise<Response>

/** Every so many turns a list is looked at as a whole, and dead letters are counted. */
const wholeEvery = 15
/** A page that only counts dead letters does so once a minute. */
const countEvery = seconds(60)
/** A page that takes much reading is looked at no more often. */
const slowly = seconds(30)
/** How long a browser waits before it asks again, by how often nothing had changed. */
const waits: readonly (readonly [turns: number, wait: Millis])[] = [
  [30, seconds(15)],
  [10, seconds(5)],
  [0, seconds(2)],
]

/** What the browser has seen: the whole state of a stream, which it brings along as `Last-Event-ID`. */
interface Seen {
  readonly turn: number
  /** Turns in a row that brought nothing. */
  readonly idle: number
  /** Of the page as it was sent last: what has changed lately, and the whole. */
  readonly recent: string
  readonly whole: string
}
const nothing: Seen = { turn: 0, idle: 0, recent: '-', whole: '-' }

/**
 * One turn of a page's updates as server-sent events: what has changed since `Last-Event-ID`, and when to ask again. The answer
 * ends at once: the gateway passes none on before its end, and a function that waits is paid for waiting. So nothing is kept
 * open, and the page itself is what is sent: it is asked for here as the browser would, with the browser's own rights.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function live(c: Context<AdminEnv>, deps: AdminDeps, visit: Visit): Promise<Response> {
  const seen = seenOf(c.req.header('last-event-id') ?? '')
  const kind = c.req.query('kind')
  if (kind === 'count') return stream([await deadCount(c, deps)], seen, countEvery)
  const address = pageOf(c)
  if (!address) return new Response(null, { status: 404 })
  const isWhole = kind !== 'rows' || seen.turn % wholeEvery === 0
  if (!isWhole) address.searchParams.set('live', 'new')
  const cookie = c.req.header('cookie') ?? ''
  const answer = await visit(new Request(address, { headers: { cookie } }), c)
  // 204 ends a stream: a page that leads elsewhere has nothing to be kept up to date.
  if (answer.status >= 300 && answer.status < 400) return new Response(null, { status: 204 })
  if (answer.status !== 200 && answer.status !== 404) return new Response(null, { status: answer.status })
  const main = mainOf(await answer.text())
  const digest = sha256Hex(withoutAges(main)).slice(0, 16)
  const isNew = digest !== (isWhole ? seen.whole : seen.recent)
  const idle = isNew ? 0 : Math.min(seen.idle + 1, 999)
  const soon = waits.find(([turns]) => idle >= turns)?.[1] ?? seconds(2)
  const wait = kind === 'slow' ? slowly : soon
  const events = [
    ...(isNew ? [event(isWhole ? 'whole' : 'recent', main)] : []),
    ...(seen.turn % wholeEvery === 0 ? [await deadCount(c, deps)] : []),
    ...(/^<main[^>]* data-live=/.test(main) ? [] : [event('end', '')]),
  ]
  return stream(events, { ...seen, idle, [isWhole ? 'whole' : 'recent']: digest }, wait)
}

/** The dead letters that this session may see, up to a hundred. */
async function deadCount(c: Context<AdminEnv>, deps: AdminDeps): Promise<string> {
  const found = await browseDead({ limit: '100' }, c.get('signal'), admitted(deps, c))
  if (found.kind !== 'page') return event('count', '')
  const count = `${found.items.length}${found.cursor === null ? '' : '+'}`
  return event('count', count === '0' ? '' : count)
}

const grammar = /^(\d{1,9})\.(\d{1,3})\.(-|[0-9a-f]{16})\.(-|[0-9a-f]{16})$/

function seenOf(id: string): Seen {
  const [, turn, idle, recent, whole] = grammar.exec(id) ?? []
  if (recent === undefined || whole === undefined) return nothing
  return { turn: Number(turn), idle: Number(idle), recent, whole }
}

/** The page that is to be kept up to date: of this console, and nothing that leads out of it. */
function pageOf(c: Context<AdminEnv>): URL | undefined {
  const { origin } = new URL(c.req.url)
  const url = URL.parse(c.req.query('page') ?? '', origin)
  const isPage =
    url?.origin === origin && /^\/console(\/(?!live\b|login\b|sign-in\b|callback\b).*)?$/.test(url.pathname)
  return url && isPage ? url : undefined
}

/** What the frame of every page puts between these two. */
const mainOf = (html: string): string => html.slice(html.indexOf('<main '), html.lastIndexOf('</main>') + 7)

/** How long ago something was is no change; the page's script tells it by itself. */
const withoutAges = (html: string): string =>
  html.replaceAll(/<time [^>]*data-ago[^>]*>[^<]*/g, (element) => element.slice(0, element.indexOf('>') + 1))

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
const event = (name: string, data: string): string =>
  `event: ${name}\n${data
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`

function stream(events: readonly string[], { turn, idle, recent, whole }: Seen, wait: Millis): Response {
  const id = [turn + 1, idle, recent, whole].join('.')
  const end = `id: ${id}\nretry: ${wait}\nevent: turn\ndata: ${wait}\n\n`
  return new Response(`${events.join('')}${end}`, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}
