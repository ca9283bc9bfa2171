import { openEscrow, openTokens, type TokenStoreDeps } from '#lib/oauth/token-store.ts'
import { toConnection, type Item } from '#lib/vault/connection.dynamo.ts'
import type { Connection, Tokens } from '#lib/vault/connection.ts'
import { dataKeys } from '#lib/vault/data-keys.ts'
import { kmsKeyWrap } from '#lib/vault/key-wrap.kms.ts'
import { epochOf } from '#lib/vault/seal.ts'
import { dynamoWrappedKeys } from '#lib/vault/wrapped-keys.dynamo.ts'
import type { SimProviders } from './providers.ts'
import type { ConnectWorld } from './world.ts'

/** What nothing of the simulation disturbs: for looking at what it left behind. */
function undisturbed(world: ConnectWorld): TokenStoreDeps {
  const { clock, random } = world
  return { clock, random, keys: keysAs(world, (tenant) => tenant) }
}

/** The vault's keys, with the wrapped keys of `ownerOf(tenant)` in the place of a tenant's. */
function keysAs({ clock, kms, connections, mutant }: ConnectWorld, ownerOf: (tenant: string) => string) {
  const table = { send: async (command: never) => connections.apply(command) } as never
  const store = dynamoWrappedKeys({ client: table, table: 'connections' })
  const key = { send: async (command: never) => kms.apply(mutant.command(command)) } as never
  return dataKeys({
    wrap: kmsKeyWrap({ client: key, keyId: 'vault-key' }),
    store: { ...store, read: (tenant) => store.read(ownerOf(tenant)) },
    clock,
  })
}

/** Each connection that was ever written belongs to whoever began it, agreed to it and finished it (I20), and opens nowhere else (I22). */
export async function checkConnections(
  world: ConnectWorld,
  written: readonly Item[],
  { issued }: SimProviders,
): Promise<void> {
  const deps = undisturbed(world)
  const opens = world.mutant.open ?? openTokens
  const connections = written.map((item) => toConnection(item))
  for (const connection of connections) {
    const tokens = await opens(connection, deps)
    const issue = issued.get(tokens.accessToken)
    const flow = world.truth.flows.get(issue?.consent.state ?? '')
    const { tenant, provider, account, state } = connection
    if (!issue || !flow) {
      world.report('I20', `a connection of ${tenant} has tokens that nobody agreed to`)
      continue
    }
    const { consent, visit } = issue
    const isOwn = tenant === flow.link.tenant && provider === consent.provider && account === consent.account
    if (!isOwn) world.report('I20', `a connection of ${tenant} stands for what ${flow.link.tenant} began`)
    const hands = new Set([flow.browser, consent.browser, visit?.browser])
    if (hands.size > 1) world.report('I20', `a connection of ${tenant} went through ${[...hands].join(', ')}`)
    if (flow.link.owner !== flow.browser && state !== 'pending')
      world.report('I20', 'a link that travelled made a connection that is in use')
    if (flow.link.account !== undefined && flow.link.account !== account)
      world.report('I20', 'another account than the one to be connected again')
    await checkSealed(world, connection, connections, opens)
  }
}

type Opens = (connection: Connection, deps: TokenStoreDeps) => Promise<Tokens>

async function checkSealed(
  world: ConnectWorld,
  connection: Connection,
  all: readonly Connection[],
  opens: Opens,
): Promise<void> {
  const own = undisturbed(world)
  const { tenant } = connection
  const stranger = all.find((each) => each.tenant !== tenant)?.tenant ?? 'a-stranger'
  const asStranger = { ...connection, tenant: stranger }
  const keyInHand = { ...own.keys, ofEpoch: (_of: string, epoch: number) => own.keys.ofEpoch(tenant, epoch) }
  const moves: readonly (readonly [string, Promise<unknown>])[] = [
    ['under another tenant', opens(asStranger, own)],
    [
      'after their wrapped keys were given to another tenant',
      keysAs(world, () => tenant).ofEpoch(stranger, epochOf(connection.tokens)),
    ],
    ['under another tenant, the key in hand', opens(asStranger, { ...own, keys: keyInHand })],
    ['under another provider', opens({ ...connection, provider: 'another' }, own)],
    ['under another connection', opens({ ...connection, id: `${connection.id}-` }, own)],
    ['in another field', openEscrow(connection, connection.tokens, own)],
  ]
  for (const [where, opened] of moves) {
    const isOpen = await opened.then(
      () => true,
      () => false,
    )
    if (isOpen) world.report('I22', `sealed tokens open ${where}`)
  }
  world.saw('sealed tokens were moved')
}

/** No secret in the clear in what is kept, logged, counted or answered, however it is spelt (I21). */
export function checkNoPlaintext(world: ConnectWorld): void {
  const { truth, control, connections } = world
  const items = [...control.items.values(), ...connections.items.values()]
  const kept = [...items.flatMap((item) => textsIn(item)), ...truth.lines].join('\n')
  const everything = [kept, ...truth.answers].join('\n')
  for (const secret of truth.secrets.nowhere)
    if (spellings(secret).some((text) => everything.includes(text)))
      world.report('I21', `a secret is in the clear: ${secret.slice(0, secret.indexOf('+'))}`)
  for (const secret of truth.secrets.notKept)
    if (spellings(secret).some((text) => kept.includes(text)))
      world.report('I21', 'a state, cookie or link is kept in the clear')
}

const textsIn = (item: Item): string[] =>
  Object.values(item).map(({ B, ...rest }) =>
    B
      ? Buffer.from(B).toString('latin1')
      : Object.values(rest)
          .map((value) => JSON.stringify(value))
          .join(),
  )

/** As it is, in base64 at each of the three places in a longer text, in hex, and as part of an address. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const inBase64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const whole = text.slice(shift === 0 ? 0 : 4, -4)
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [...new Set([secret, escaped, ...inBase64, bytes.toString('hex'), encodeURIComponent(secret)])]
}
