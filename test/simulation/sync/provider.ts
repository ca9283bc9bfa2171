import type { Change } from './history.ts'
import { pageItems, type StreamKind } from './streams.ts'

/** A list of the provider as it stands at one moment of the world. */
export interface ListAt {
  readonly history: readonly Change[]
  readonly now: number
  /** Cursors and page tokens that are older than this are forgotten. */
  readonly forgottenBefore: number
}

export interface ListAnswer {
  readonly status: number
  readonly body: string
}

type Query = URLSearchParams
type Lister = (list: ListAt, query: Query) => ListAnswer

const page = (items: readonly Change[], more: object = {}): ListAnswer => {
  const rest = JSON.stringify(more).slice(1)
  const data = `"data":[${items.map(({ text }) => text).join(',')}]`
  return { status: 200, body: `{${data}${rest === '}' ? '' : ','}${rest}` }
}
const refusal = (status: number, code: string): ListAnswer => ({ status, body: JSON.stringify({ code }) })

const isSeen =
  ({ now }: ListAt) =>
  ({ visibleAt }: Change): boolean =>
    visibleAt <= now
const sinceOf = (query: Query): number => Date.parse(query.get('since') ?? '') || 0
const byTime = (a: Change, b: Change): number => a.at - b.at || (a.id < b.id ? -1 : 1)
const secondOf = ({ at }: Change): number => Math.floor(at / 1_000)

const forgotten = 'forgotten'

/** A token of a page says when it was given out; an old one means nothing any more. */
const tokenOf = (list: ListAt, text: string): string => `${list.now}.${text}`
function tokenIn(list: ListAt, token: string | null): string | undefined {
  if (token === null) return undefined
  const [givenAt = '', ...rest] = token.split('.')
  return Number(givenAt) < list.forgottenBefore ? forgotten : rest.join('.')
}

/** After the last item of the page before, by time and id. */
const log: Lister = (list, query) => {
  const after = tokenIn(list, query.get('after'))
  if (after === forgotten) return refusal(400, 'invalid_token')
  const [at = '', id = ''] = after?.split('/') ?? []
  const rest = list.history
    .filter(isSeen(list))
    .filter((change) => change.at >= sinceOf(query))
    .toSorted(byTime)
    .filter(
      (change) =>
        after === undefined || change.at > Number(at) || (change.at === Number(at) && change.id > id),
    )
  const items = rest.slice(0, pageItems)
  const last = items.at(-1)
  const next = last && rest.length > items.length ? tokenOf(list, `${last.at}/${last.id}`) : null
  return page(items, { next })
}

const feed: Lister = (list, query) => {
  const from = (Number(query.get('page')) - 1) * pageItems
  const all = list.history.filter(isSeen(list)).toSorted((a, b) => byTime(b, a))
  return page(all.slice(from, from + pageItems))
}

const things: Lister = (list, query) => {
  const since = Number(query.get('since'))
  const from = Number(query.get('offset'))
  const all = list.history
    .filter((change) => isSeen(list)(change) && change.hiddenAt > list.now && secondOf(change) >= since)
    .toSorted((a, b) => secondOf(a) - secondOf(b) || (a.id < b.id ? -1 : 1))
  return page(all.slice(from, from + 2 * pageItems))
}

const inOrder = ({ history }: ListAt): readonly Change[] =>
  history.toSorted((a, b) => a.visibleAt - b.visibleAt || (a.id < b.id ? -1 : 1))

/** A cursor is how many could be seen when it was given out. */
const journal: Lister = (list, query) => {
  const token = tokenIn(list, query.get('page_token') ?? query.get('cursor'))
  if (token === forgotten || token === undefined) return refusal(410, 'gone')
  const seen = inOrder(list).filter(isSeen(list))
  const until = Math.min(seen.length, Number(token) + pageItems)
  const next = tokenOf(list, String(until))
  return page(seen.slice(Number(token), until), until < seen.length ? { next_page: next } : { cursor: next })
}

const head: Lister = (list) => ({
  status: 200,
  body: JSON.stringify({ cursor: tokenOf(list, String(list.history.filter(isSeen(list)).length)) }),
})

const changes: Lister = (list, query) => {
  const token = tokenIn(list, query.get('page_token'))
  if (token === forgotten) return refusal(410, 'gone')
  const all = list.history.filter(isSeen(list)).filter(({ at }) => at >= sinceOf(query))
  const rest = all.toSorted(byTime).filter(({ id }) => token === undefined || id > token)
  const sorted = rest.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const items = sorted.slice(0, pageItems)
  return page(items, sorted.length > items.length ? { next_page: tokenOf(list, items.at(-1)?.id ?? '') } : {})
}

/** In the order of the ids turned round, which is none. */
const windows: Lister = (list, query) => {
  const until = Date.parse(query.get('until') ?? '')
  const after = query.get('after') ?? ''
  const turned = (id: string): string => id.split('').toReversed().join('')
  const rest = list.history
    .filter(isSeen(list))
    .filter(({ at, id }) => at >= sinceOf(query) && at <= until && turned(id) > turned(after))
    .toSorted((a, b) => (turned(a.id) < turned(b.id) ? -1 : 1))
  return page(rest.slice(0, pageItems), { more: rest.length > pageItems })
}

const listers: Readonly<Record<string, Lister>> = {
  '/log': log,
  '/feed': feed,
  '/things': things,
  '/journal': journal,
  '/journal/head': head,
  '/journal/changes': changes,
  '/windows': windows,
}

/** What the provider answers to a request for one of its lists. */
export function answerTo(list: ListAt, target: string): ListAnswer {
  const { pathname, searchParams } = new URL(target, 'https://api.acme.example')
  return (listers[pathname] ?? (() => refusal(404, 'unknown')))(list, searchParams)
}

/** Whether a list of this kind shows each thing as it is, and no change that another has followed. */
export const showsStates = (kind: StreamKind): boolean => kind === 'things'
