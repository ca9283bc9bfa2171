import type { ZodMiniType, output } from 'zod/mini'
import * as z from 'zod/mini'
import { readPointer } from '../primitives/json-pointer.ts'
import { whole } from '../primitives/options.ts'
import { parseAs } from './api-client.ts'
import type { GraphqlCost } from './graphql-cost.ts'
import { askGraphqlWhole, type GraphqlOperation } from './graphql.ts'
import { longestCursor, refused } from './page-turn.ts'
import type { RetryingClient } from './retrying-client.ts'

export interface ConnectionOptions<Node extends ZodMiniType> extends Omit<
  GraphqlOperation<ZodMiniType>,
  'data'
> {
  /** Points from the data to the connection: `/repository/issues`. It must ask for `pageInfo { hasNextPage endCursor }`. */
  readonly connection: string
  /** What each node is read by: those of `nodes`, or of `edges { node }`. */
  readonly node: Node
  /** The variable that takes the cursor. Default `after`. */
  readonly after?: string
  /** Where to go on: the `next` of a page that was read before. */
  readonly from?: string
  /** Most pages; one more is an error, not an end. Default 10,000. */
  readonly maxPages?: number
}

export interface ConnectionPage<Item> {
  readonly items: readonly Item[]
  /** The cursor of the next page; `undefined` at the end. */
  readonly next: string | undefined
  /** The whole data, for what stands beside the connection. */
  readonly data: unknown
  readonly cost: GraphqlCost | undefined
}

/**
 * A connection, page by page: the next one is asked for when it is wanted. A cursor that comes twice, an endless list, a page
 * with holes and a page of another form are errors, so that nothing is skipped in silence.
 * @throws what {@link askGraphqlWhole} throws; SluiceError `ANSWER_REFUSED` for a page that can't be read.
 * @see https://relay.dev/graphql/connections.htm
 */
export async function* connectionPages<Node extends ZodMiniType>(
  client: RetryingClient,
  options: ConnectionOptions<Node>,
): AsyncGenerator<ConnectionPage<output<Node>>, void, void> {
  const { connection, node, after = 'after', from, maxPages = 10_000, variables, ...operation } = options
  whole('maxPages', maxPages, 1)
  const seen = new Set(from === undefined ? [] : [from])
  let cursor: string | undefined = from
  for (let read = 0; ; read += 1) {
    if (read === maxPages) throw refused(`it has more than ${maxPages} pages`)
    const at = cursor === undefined ? variables : { ...variables, [after]: cursor }
    const { data, cost } = await askGraphqlWhole(client, {
      ...operation,
      data: z.unknown(),
      ...(at && { variables: at }),
    })
    const found = readPointer(data, connection)
    const next = nextOf(found)
    if (next !== undefined && seen.has(next)) throw refused('it leads back to a page that was read')
    yield { items: nodesOf(found).map((each) => parseAs(node, each)), next, data, cost }
    if (next === undefined) return
    cursor = next
    seen.add(next)
  }
}

/** The nodes of a connection, one after the other. @see connectionPages */
export async function* nodesIn<Node extends ZodMiniType>(
  client: RetryingClient,
  options: ConnectionOptions<Node>,
): AsyncGenerator<output<Node>, void, void> {
  for await (const { items } of connectionPages(client, options)) yield* items
}

function nodesOf(connection: unknown): readonly unknown[] {
  const nodes = readPointer(connection, '/nodes')
  if (Array.isArray(nodes)) return nodes as unknown[]
  const edges = readPointer(connection, '/edges')
  if (!Array.isArray(edges)) throw refused('there is no connection where it is looked for')
  return edges.map((edge) => readPointer(edge, '/node') ?? null)
}

/** A page that does not say whether it is the last one is none: to take it for the last would lose the rest. */
function nextOf(connection: unknown): string | undefined {
  const more = readPointer(connection, '/pageInfo/hasNextPage')
  if (more === false) return undefined
  if (more !== true) throw refused('it does not say whether there are more pages')
  const cursor = readPointer(connection, '/pageInfo/endCursor')
  if (typeof cursor !== 'string' || cursor === '' || cursor.length > longestCursor || /\p{Cc}/u.test(cursor))
    throw refused('its cursor is none')
  return cursor
}
