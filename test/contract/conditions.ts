import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { beforeAll } from 'vitest'
import { N, S, type Cases } from './dynamodb-table.ts'

const values = {
  ':claimed': S('claimed'),
  ':retry': S('retry'),
  ':me': S('me'),
  ':you': S('you'),
  ':early': N(999_999_999_999),
  ':late': N(1_700_000_000_001),
  ':two': N(2),
  ':five': N(5),
  ':x': S('x'),
  ':cl': S('cl'),
}
/** Attributes by alias: half of these words are reserved. */
const attributes = /\b(?<![:_])(st|owner|missing|leaseUntil|list|set|map|inner)\b/g

/** Puts one item, and tells of a condition whether it holds for that item. */
export function useConditions(cases: Cases): (condition: string) => Promise<boolean> {
  beforeAll(() =>
    cases.put({
      pk: S('condition'),
      st: S('claimed'),
      owner: S('me'),
      leaseUntil: N(1_700_000_000_000),
      list: { L: [N(1), N(2)] },
      set: { SS: ['x'] },
      map: { M: { inner: N(5) } },
    }),
  )
  return async (condition: string): Promise<boolean> => {
    const named = condition.replace(attributes, '#$1')
    const aliases = [...named.matchAll(/#(\w+)/g)].map(([alias, name = '']) => [alias, name])
    const used = Object.entries(values).filter(([name]) => new RegExp(`${name}\\b`).test(condition))
    const write = cases.update('condition', {
      UpdateExpression: 'SET touched = :t',
      ConditionExpression: named,
      ExpressionAttributeNames: Object.fromEntries(aliases) as Record<string, string>,
      ExpressionAttributeValues: { ...Object.fromEntries(used), ':t': N(1) },
    })
    return write.then(
      () => true,
      (error: unknown) => {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      },
    )
  }
}
