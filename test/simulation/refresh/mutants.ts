import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import type { Command } from '../models/model.ts'
import type { RefreshMutant } from './world.ts'

const asIs = (command: Command): Command => command

/** Rewrites the condition of the updates that match. */
const onCondition =
  (matches: (input: UpdateItemCommandInput) => boolean, change: (condition: string) => string) =>
  (command: Command): Command => {
    const input = command.input as UpdateItemCommandInput
    if (command.constructor.name !== 'UpdateItemCommand' || !matches(input)) return command
    const ConditionExpression = change(input.ConditionExpression ?? '')
    return { constructor: command.constructor, input: { ...input, ConditionExpression } }
  }

const isLease = ({ UpdateExpression }: UpdateItemCommandInput): boolean =>
  UpdateExpression === 'SET #owner = :me, leaseUntil = :until'
const isSave = ({ UpdateExpression = '' }: UpdateItemCommandInput): boolean =>
  UpdateExpression.includes('tokens = :tokens') && UpdateExpression.includes('version = :next')

/** Any value will do: the binding stays in use, as DynamoDB demands. */
const anyVersion = (condition: string): string =>
  condition.replace('version = :version', '(version = :version OR version <> :version)')

/** The answers of the token endpoint as a careless client would take them. */
const changeAnswers =
  (change: (body: Record<string, unknown>) => Record<string, unknown>) =>
  (deps: RefreshDeps): RefreshDeps => ({
    ...deps,
    fetch: async (input, init) => {
      const answer = await deps.fetch(input, init)
      const body = (await answer.json()) as Record<string, unknown>
      return new Response(JSON.stringify(answer.ok ? change(body) : body), answer)
    },
  })

export const refreshMutants: readonly RefreshMutant[] = [
  {
    name: 'M19',
    what: 'refresh with what was read before the lease',
    command: onCondition(isLease, anyVersion),
  },
  {
    name: 'M20',
    what: 'tokens saved whoever holds the lease',
    command: onCondition(isSave, (condition) =>
      anyVersion(condition)
        .replace('#owner = :me', '(#owner = :me OR #owner <> :me)')
        .replace('st <> :deleted', '(st <> :deleted OR st = :deleted)'),
    ),
  },
  {
    name: 'M21',
    what: 'the old refresh token kept after a rotation',
    command: asIs,
    deps: changeAnswers(({ refresh_token: _rotated, ...rest }) => rest),
  },
  {
    name: 'M22',
    what: 'the refresh token overwritten by one that is missing',
    command: asIs,
    deps: changeAnswers((body) => ({ refresh_token: 'none', ...body })),
  },
  {
    name: 'M23',
    what: 'invalid_grant taken at its word, escrow and rivals not looked at',
    command: asIs,
    deps: (deps) => ({ ...deps, escrow: { ...deps.escrow, get: async () => undefined } }),
  },
  {
    name: 'no-lease',
    what: 'a lease that anyone may take while it is held',
    command: onCondition(isLease, (condition) =>
      condition.replace('leaseUntil <= :now', '(leaseUntil <= :now OR leaseUntil > :now)'),
    ),
  },
  {
    name: 'no-escrow',
    what: 'tokens that the table does not take are forgotten',
    command: asIs,
    deps: (deps) => ({ ...deps, escrow: { ...deps.escrow, put: async () => {} } }),
  },
]

export function findRefreshMutant(name: string): RefreshMutant {
  const none: RefreshMutant = { name: 'none', what: 'nothing is changed', command: asIs }
  const mutant = [none, ...refreshMutants].find((each) => each.name === name)
  if (!mutant)
    throw new Error(
      `there is no mutant ${name}; there are ${refreshMutants.map((each) => each.name).join(', ')}`,
    )
  return mutant
}
