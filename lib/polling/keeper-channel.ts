import * as z from 'zod/mini'
import { ApiError } from '../errors/api-error.ts'
import { askJson, askText, jsonOf } from '../outbound/api-client.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { epochMs, later, minutes, type EpochMs } from '../primitives/clock.ts'
import { token128, type Random } from '../primitives/random.ts'
import type { ChannelDeclaration } from '../providers/keeper.ts'
import { readPointer } from '../primitives/json-pointer.ts'
import { filled, type Values } from './declared.ts'
import type { Channel, Kept, KeeperDeps, Subscription } from './keeper.ts'

/** What is asked for is asked for again within this time, so that no channel runs out in between. */
const lookMs = minutes(5)

/**
 * One channel, always: before its end a new one is made, and when both have been there for a while the old one is stopped. A
 * channel's id is written down before it is asked for, so that one whose answer got lost is known, and is stopped too.
 * @returns when to look again.
 */
export async function keepChannel(
  from: Kept,
  declaration: ChannelDeclaration,
  deps: KeeperDeps,
): Promise<EpochMs> {
  const { clock } = deps
  let kept = await withoutExpired(from, clock.now())
  kept = await askAgain(kept, declaration, deps)
  const newest = newestLive(kept)
  if (!newest || renewalOf(newest, declaration) <= clock.now()) kept = await make(kept, declaration, deps)
  kept = await stopOthers(kept, declaration, deps)
  const live = newestLive(kept)
  const isClean = kept.subscription.channels.length === 1
  return live && isClean ? renewalOf(live, declaration) : later(clock.now(), lookMs)
}

/** Of one that lives shorter than was asked for, half of its life. */
const renewalOf = ({ since, expiresAt }: Channel, { renewBeforeMs }: ChannelDeclaration): EpochMs =>
  later(expiresAt, -Math.min(renewBeforeMs, (expiresAt - since) / 2))

const newestLive = ({ subscription }: Kept): Channel | undefined =>
  subscription.channels
    .filter(({ state }) => state === 'live')
    .toSorted((a, b) => b.expiresAt - a.expiresAt)[0]

/** Nothing has to be done about those that have ended by themselves. */
async function withoutExpired(kept: Kept, now: EpochMs): Promise<Kept> {
  const channels = kept.subscription.channels.filter(({ expiresAt }) => expiresAt > now)
  return channels.length === kept.subscription.channels.length ? kept : kept.save({ channels })
}

/** Of those that were asked for and are not known to be there: asking for the same id again tells. */
async function askAgain(from: Kept, declaration: ChannelDeclaration, deps: KeeperDeps): Promise<Kept> {
  let kept = from
  for (const channel of from.subscription.channels)
    if (channel.state === 'asked') kept = await ask(kept, channel, declaration, deps)
  return kept
}

async function make(kept: Kept, declaration: ChannelDeclaration, deps: KeeperDeps): Promise<Kept> {
  const now = deps.clock.now()
  const channel: Channel = {
    id: channelId(kept.subscription.connection, deps.random),
    state: 'asked',
    since: now,
    expiresAt: later(now, declaration.lifeMs),
  }
  const noted = await kept.save({ channels: [...kept.subscription.channels, channel] })
  return ask(noted, channel, declaration, deps)
}

/** Says whose it is, so that a notification leads to the connection's polls; 64 characters are the most. */
const channelId = (connection: string, random: Random): string => `${connection}${token128(random)}`

const answer = z.looseObject({
  resourceId: z.string().check(z.minLength(1), z.maxLength(512)),
  expiration: z.optional(z.string().check(z.regex(/^\d{1,15}$/))),
})

async function ask(
  kept: Kept,
  channel: Channel,
  declaration: ChannelDeclaration,
  deps: KeeperDeps,
): Promise<Kept> {
  const { subscription } = kept
  const { address, token } = await deps.receiverOf(subscription)
  const values = { ...subscription.params, ...(await firstOf(subscription, declaration, deps)) }
  const target = targetOf(declaration.watch, values)
  const body = {
    id: channel.id,
    type: 'web_hook',
    address,
    token: token.reveal(),
    expiration: String(channel.expiresAt),
  }
  try {
    const made = await askJson(deps.clientOf(subscription), answer, target, posted(body))
    if (!made) throw new SluiceError('ANSWER_REFUSED', 'the answer is empty')
    deps.metrics.count('SubscriptionRenewed', { provider: subscription.provider })
    const expiresAt = made.expiration === undefined ? channel.expiresAt : epochMs(Number(made.expiration))
    const since = deps.clock.now()
    return await replaced(kept, { ...channel, state: 'live', resource: made.resourceId, since, expiresAt })
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== declaration.taken) throw error
    return replaced(kept, { ...channel, state: 'lost' })
  }
}

/** Where a list stands now: the channel tells of what comes after. */
async function firstOf(
  subscription: Subscription,
  { first }: ChannelDeclaration,
  { clientOf }: KeeperDeps,
): Promise<Values> {
  if (!first) return {}
  const { text } = await askText(clientOf(subscription), targetOf(first, subscription.params))
  const value = readPointer(jsonOf(text), first.pointer)
  if (typeof value !== 'string' || value === '')
    throw new SluiceError('ANSWER_REFUSED', `the answer has no ${first.param}`)
  return { [first.param]: value }
}

function targetOf({ path, params = {} }: ChannelDeclaration['watch'], values: Values): string {
  const said = Object.entries(params).map(([name, value]): [string, string] => [name, filled(value, values)])
  const query = new URLSearchParams(said).toString()
  return filled(path, values, true) + (query === '' ? '' : `?${query}`)
}

const posted = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
})

export const stopRequest = (id: string, resourceId: string): RequestInit => posted({ id, resourceId })

const replaced = (kept: Kept, channel: Channel): Promise<Kept> =>
  kept.save({
    channels: kept.subscription.channels.map((each) => (each.id === channel.id ? channel : each)),
  })

/** Those that have a successor, once both have been there long enough; the lost ones by what the live one says that it watches. */
async function stopOthers(from: Kept, declaration: ChannelDeclaration, deps: KeeperDeps): Promise<Kept> {
  const newest = newestLive(from)
  if (!newest || later(newest.since, declaration.overlapMs) > deps.clock.now()) return from
  let kept = from
  for (const channel of from.subscription.channels) {
    if (channel.id === newest.id || channel.state === 'asked') continue
    if (channel.state !== 'ending') kept = await replaced(kept, { ...channel, state: 'ending' })
    await stop(kept, channel, channel.resource ?? newest.resource ?? '', declaration, deps)
    kept = await kept.save({ channels: kept.subscription.channels.filter(({ id }) => id !== channel.id) })
  }
  return kept
}

async function stop(
  { subscription }: Kept,
  { id }: Channel,
  resourceId: string,
  declaration: ChannelDeclaration,
  { clientOf }: KeeperDeps,
): Promise<void> {
  try {
    await askText(clientOf(subscription), declaration.stop.path, stopRequest(id, resourceId))
  } catch (error) {
    // It is gone already.
    if (!(error instanceof ApiError && error.kind === 'missing')) throw error
  }
}
