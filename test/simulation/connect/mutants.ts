import type { PutItemCommandInput, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { cookieHash } from '#lib/oauth/begin.ts'
import type { ConnectState, ConnectStore } from '#lib/oauth/connect-store.ts'
import { openTokens } from '#lib/oauth/token-store.ts'
import { tokensSchema, type Connection, type Tokens } from '#lib/vault/connection.ts'
import { epochOf, open, seal } from '#lib/vault/seal.ts'
import type { Command } from '../models/model.ts'
import { noConnectMutant, type ConnectMutant, type Visit } from './world.ts'

const asIs = (command: Command): Command => command

const change = <Input>(
  operation: string,
  matches: (input: Input) => boolean,
  how: (input: Input) => Partial<Input>,
) => {
  return (command: Command): Command => {
    const input = command.input as Input
    if (command.constructor.name !== operation || !matches(input)) return command
    return { constructor: command.constructor, input: { ...input, ...how(input) } }
  }
}

const isStateKey = (pk: string | undefined): boolean => pk?.startsWith('connect-state#') === true

/** States as they would be read by a store that thinks something of them. */
const changeStates =
  (how: (state: ConnectState, visit: Visit) => ConnectState): NonNullable<ConnectMutant['deps']> =>
  (deps, visit) => {
    const changed = (state: ConnectState): ConnectState => {
      const current = visit()
      return current ? how(state, current) : state
    }
    const { readState, useState } = deps.store
    const store: ConnectStore = {
      ...deps.store,
      async readState(...given) {
        const read = await readState(...given)
        return read.kind === 'unknown' ? read : { ...read, value: changed(read.value) }
      },
      async useState(...given) {
        const used = await useState(...given)
        return used.kind === 'first' ? { kind: 'first', value: changed(used.value) } : used
      },
    }
    return { ...deps, store }
  }

const cookieOf = ({ cookie, provider }: Visit): string =>
  new RegExp(`__Host-sluice-connect-${provider}=([^;]*)`).exec(cookie)?.[1] ?? ''

const withoutTenant = ({ id, provider }: Pick<Connection, 'id' | 'provider'>) => ({
  tenant: '',
  provider,
  connection: id,
  field: 'tokens',
  schema: tokensSchema,
})

export const connectMutants: readonly ConnectMutant[] = [
  {
    name: 'M24',
    what: 'a state is read, and used whatever happened since',
    command: change<UpdateItemCommandInput>(
      'UpdateItemCommand',
      ({ Key }) => isStateKey(Key?.['pk']?.S),
      ({ ConditionExpression = '' }) => ({
        ConditionExpression: ConditionExpression.replace(' AND attribute_not_exists(usedBy)', ''),
      }),
    ),
  },
  {
    name: 'M25',
    what: 'any cookie is the right one',
    command: asIs,
    deps: changeStates((state, visit) => ({ ...state, cookieHash: cookieHash(cookieOf(visit)) })),
  },
  {
    name: 'M26',
    what: 'a state of one provider is taken on the path of another',
    command: asIs,
    deps: changeStates((state, visit) => ({ ...state, provider: visit.provider })),
  },
  {
    name: 'M27',
    what: 'tokens are sealed without their tenant',
    command: asIs,
    deps: (deps) => ({
      ...deps,
      vault: {
        ...deps.vault,
        async connect(connection, owner) {
          const sealed = {
            ...connection,
            kind: 'oauth',
            version: 0,
            leaseUntil: connection.connectedAt,
            failures: 0,
          } as const
          const text = Buffer.from(JSON.stringify(await openTokens(sealed, deps)))
          const key = await deps.keys.current(connection.tenant)
          const tokens = seal(key, withoutTenant(connection), text, deps.random)
          return deps.vault.connect({ ...connection, tokens }, owner)
        },
      },
    }),
    async open(connection, { keys }) {
      const key = await keys.ofEpoch(connection.tenant, epochOf(connection.tokens))
      return JSON.parse(open(key, withoutTenant(connection), connection.tokens).toString()) as Tokens
    },
  },
  {
    name: 'M31',
    what: 'a code is exchanged again after a lost answer',
    command: asIs,
    deps: (deps) => ({
      ...deps,
      fetch: async (input, init) => {
        try {
          return await deps.fetch(input, init)
        } catch {
          return deps.fetch(input, init)
        }
      },
    }),
  },
  {
    name: 'no-pkce',
    what: 'a code is bound to nothing, as a provider that allows it takes it',
    command: asIs,
    deps: (deps) => ({
      ...deps,
      clients: {
        async of(provider) {
          const client = await deps.clients.of(provider)
          return client && { ...client, auth: { ...client.auth, pkce: false } }
        },
      },
    }),
  },
  {
    name: 'wrap-without-tenant',
    what: 'data keys are wrapped without their tenant',
    command: (command) =>
      'EncryptionContext' in command.input
        ? { constructor: command.constructor, input: { ...command.input, EncryptionContext: {} } }
        : command,
  },
  {
    name: 'states-forever',
    what: 'a state never runs out',
    command: change<PutItemCommandInput>(
      'PutItemCommand',
      ({ Item }) => isStateKey(Item?.['pk']?.S),
      ({ Item }) => ({ Item: { ...Item, until: { N: '9999999999999' } } }),
    ),
  },
  {
    name: 'states-in-clear',
    what: 'a state is kept under its own name',
    command: asIs,
    deps: (deps) => ({
      ...deps,
      store: {
        ...deps.store,
        addState: (id, state) => deps.store.addState(id, { ...state, returnTo: `${state.returnTo}#${id}` }),
      },
    }),
  },
  {
    name: 'M30',
    what: 'the error of a failed token call is logged',
    command: asIs,
    deps: (deps) => ({
      ...deps,
      fetch: async (input, init) => {
        const answer = await deps.fetch(input, init)
        if (!answer.ok) deps.log('warn', 'a token call failed', { error: init?.body as string })
        return answer
      },
    }),
  },
  {
    name: 'shared-at-once',
    what: 'what comes of a link that travelled is in use at once',
    command: asIs,
    deps: (deps) => ({
      ...deps,
      vault: {
        ...deps.vault,
        connect: (connection, owner) => deps.vault.connect({ ...connection, state: 'active' }, owner),
      },
    }),
  },
]

export function findConnectMutant(name: string): ConnectMutant {
  const mutant = [noConnectMutant, ...connectMutants].find((each) => each.name === name)
  if (!mutant)
    throw new Error(
      `there is no mutant ${name}; there are ${connectMutants.map((each) => each.name).join(', ')}`,
    )
  return mutant
}
