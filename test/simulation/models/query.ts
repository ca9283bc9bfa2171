import type { QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { ExpressionFault, holds, unused, type Item } from './expression.ts'

/**
 * A query of a table itself, one page of it: ordered by the sort key, limited before it is filtered.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
 */
export function queried(
  input: QueryCommandInput,
  partitions: ReadonlyMap<string, ReadonlyMap<string, Item>>,
  [partitionName, sortName]: readonly [string, string],
): object {
  const { KeyConditionExpression: condition = '', FilterExpression: filter, Limit = Infinity } = input
  const bindings = { names: input.ExpressionAttributeNames, values: input.ExpressionAttributeValues }
  const idle = unused([condition, filter], bindings)
  if (idle.length > 0) throw new ExpressionFault(`never used: ${idle.join(', ')}`)
  const [, name, value = ''] = /^(\w+) = (:\w+)/.exec(condition) ?? []
  if (input.IndexName !== undefined || name !== partitionName || sortName === '')
    throw new ExpressionFault(`no query of this model: ${condition}`)
  const partition = partitions.get(bindings.values?.[value]?.S ?? '') ?? new Map<string, Item>()
  const sortOf = (item: Item): string => item[sortName]?.S ?? ''
  const isBackwards = input.ScanIndexForward === false
  const start = input.ExclusiveStartKey?.[sortName]?.S
  const isAfter = (item: Item): boolean =>
    start === undefined || (isBackwards ? sortOf(item) < start : sortOf(item) > start)
  const found = [...partition.values()]
    .filter((item) => isAfter(item) && holds(condition, item, bindings))
    .toSorted((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1) * (isBackwards ? -1 : 1))
  const page = found.slice(0, Limit)
  const last = page.at(-1)
  return {
    Items: filter === undefined ? page : page.filter((item) => holds(filter, item, bindings)),
    ...(last &&
      found.length > page.length && {
        LastEvaluatedKey: { [partitionName]: last[partitionName], [sortName]: last[sortName] },
      }),
  }
}
