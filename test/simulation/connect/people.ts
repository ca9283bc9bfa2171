import { ms } from '#lib/primitives/clock.ts'
import { changed, linkAddress, makeBrowser, type Browser, type Deps, type Result } from './browsers.ts'
import { hasPkce, providers } from './providers.ts'
import { pick } from './world.ts'

export interface Person {
  readonly name: string
  readonly tenant: string
  readonly browser: Browser
}

export const makePerson = (name: string, tenant: string, { world, gateway }: Deps): Person => ({
  name,
  tenant,
  browser: makeBrowser(name, world, gateway),
})

/** The account that a person has at a provider. Some are a whole team's, so that tenants meet in one. */
const accountOf = (person: Person, provider: string, deps: Deps): string =>
  deps.world.random.fraction() < 0.2 ? `team@${provider}` : `${person.name}@${provider}`

/** Connects until it is done or the person has had enough: with double clicks, reloads, pauses and second tabs. */
export async function connects(person: Person, deps: Deps): Promise<void> {
  const { world } = deps
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const provider = pick(world.random, providers)
    const tabs = world.random.fraction() < 0.2 ? 2 : 1
    const results = await Promise.all(Array.from({ length: tabs }, () => goThrough(person, provider, deps)))
    if (results.some((result) => result?.outcome === 'active')) return
    await world.clock.sleep(ms(1_000 + world.random.fraction() * 30_000))
  }
}

/** One link from its making to the page that it ends on. */
export async function goThrough(
  person: Person,
  provider: string,
  deps: Deps,
  isPlain = false,
): Promise<Result | undefined> {
  const { world, addLink } = deps
  const { random } = world
  const does = (chance: number): boolean => !isPlain && random.fraction() < chance
  const { name: owner, tenant, browser } = person
  const account = accountOf(person, provider, deps)
  const asked = { owner, tenant, provider, isShared: does(0.2) }
  const link = await addLink({ ...asked, ...(does(0.15) && { account: `${owner}@${provider}` }) })
  const open = linkAddress(link)
  const [first, second] = await Promise.all([
    browser.visit(open),
    ...(does(0.3) ? [world.clock.sleep(ms(random.fraction() * 50)).then(() => browser.visit(open))] : []),
  ])
  const authorize = first.authorize ?? second?.authorize
  if (authorize === undefined) return first
  await world.clock.sleep(ms(does(0.08) ? 500_000 + random.fraction() * 300_000 : random.fraction() * 60_000))
  const back = deps.providers.authorize(authorize, { account, browser: browser.name }).href
  if (hasPkce(provider)) deps.leaks.callbacks.push(back)
  if (does(0.2)) await world.clock.sleep(ms(random.fraction() * 20_000))
  const [returned, again] = await Promise.all([
    browser.visit(back),
    ...(does(0.3) ? [world.clock.sleep(ms(random.fraction() * 30)).then(() => browser.visit(back))] : []),
  ])
  if (does(0.2)) await browser.visit(back)
  const last = returned.outcome === 'state_invalid' && again ? again : returned
  judgeResult(last, tenant, deps)
  return last
}

/** Who is told that something is connected has it (I20). */
function judgeResult({ outcome, connection }: Result, tenant: string, { world }: Deps): void {
  if (outcome !== 'pending' && outcome !== 'active') return
  const item = [...world.connections.items.values()].find((each) => each['id']?.S === connection)
  if (item?.['tenant']?.S !== tenant)
    world.report('I20', 'a user was told of a connection that is not theirs')
}

/** One round of somebody who owns a tenant, a browser and an account himself, and wants those of others. */
export async function attacks(attacker: Person, victims: readonly Person[], deps: Deps): Promise<void> {
  const { world } = deps
  const attack = pick(world.random, [forwards, phishes, plants, injects, mixes, lingers, replays, replays])
  await attack(attacker, pick(world.random, victims), deps)
}

type Attack = (attacker: Person, victim: Person, deps: Deps) => Promise<void>

/** Opens a link of his own. */
async function begun(attacker: Person, provider: string, isShared: boolean, deps: Deps) {
  const link = await deps.addLink({ owner: attacker.name, tenant: attacker.tenant, provider, isShared })
  const result = await attacker.browser.visit(linkAddress(link))
  return result.authorize
}

/** Sends the victim a link that connects to the attacker's tenant; links that travel are marked by the backend. */
const forwards: Attack = async (attacker, victim, deps) => {
  const provider = pick(deps.world.random, providers)
  const { name: owner, tenant } = attacker
  const link = await deps.addLink({ owner, tenant, provider, isShared: true })
  const { authorize } = await victim.browser.visit(linkAddress(link))
  if (authorize === undefined) return
  deps.world.saw('a link was opened by another than who asked for it')
  const who = { account: `${victim.name}@${provider}`, browser: victim.browser.name }
  await victim.browser.visit(deps.providers.authorize(authorize, who).href)
}

/** Begins himself, and lets the victim agree at the provider. */
const phishes: Attack = async (attacker, victim, deps) => {
  const provider = pick(deps.world.random, providers)
  const authorize = await begun(attacker, provider, false, deps)
  if (authorize === undefined) return
  const who = { account: `${victim.name}@${provider}`, browser: victim.browser.name }
  await victim.browser.visit(deps.providers.authorize(authorize, who).href)
}

/** Agrees himself, and lets the victim's browser finish: the victim would work in the attacker's account. */
const plants: Attack = async (attacker, victim, deps) => {
  const provider = pick(deps.world.random, providers)
  const authorize = await begun(attacker, provider, false, deps)
  if (authorize === undefined) return
  const who = { account: `${attacker.name}@${provider}`, browser: attacker.browser.name }
  await victim.browser.visit(deps.providers.authorize(authorize, who).href)
}

/** Puts a code that leaked from somebody else into a flow of his own. */
const injects: Attack = async (attacker, _victim, deps) => {
  const leaked = pick(deps.world.random, deps.leaks.callbacks)
  if (leaked === undefined) return
  const url = new URL(leaked)
  const provider = url.pathname.split('/')[2] ?? ''
  const authorize = await begun(attacker, provider, false, deps)
  const code = url.searchParams.get('code')
  if (authorize === undefined || code === null) return
  const who = { account: `${attacker.name}@${provider}`, browser: attacker.browser.name }
  const own = deps.providers.authorize(authorize, who).href
  await attacker.browser.visit(changed(own, { query: { code } }))
}

/** Comes back on the path of another provider, with cookies that are named as that one wants them. */
const mixes: Attack = async (attacker, _victim, deps) => {
  const [provider, other] = deps.world.random.fraction() < 0.5 ? ['sandbox', 'plain'] : ['plain', 'sandbox']
  const [one, two] = [await begun(attacker, provider, false, deps), await begun(attacker, other, false, deps)]
  if (one === undefined || two === undefined) return
  const own = { browser: attacker.browser.name }
  const at = (address: string, where: string) =>
    deps.providers.authorize(address, { ...own, account: `${attacker.name}@${where}` }).href
  const [back, otherBack] = [at(one, provider), at(two, other)]
  const code = new URL(otherBack).searchParams.get('code') ?? undefined
  const value = deps.world.truth.flows.get(new URL(back).searchParams.get('state') ?? '')?.cookie ?? ''
  const cookie = `__Host-sluice-connect-${other}=${value}`
  await attacker.browser.visit(changed(back, { provider: other, query: { code } }), cookie)
}

/** Comes back long after the time, with the cookie that a browser would have dropped. */
const lingers: Attack = async (attacker, _victim, deps) => {
  const { world, providers: servers } = deps
  const provider = pick(world.random, providers)
  const authorize = await begun(attacker, provider, false, deps)
  if (authorize === undefined) return
  const state = new URL(authorize).searchParams.get('state') ?? ''
  const cookie = `__Host-sluice-connect-${provider}=${world.truth.flows.get(state)?.cookie}`
  await world.clock.sleep(ms(602_000 + world.random.fraction() * 100_000))
  const who = { account: `${attacker.name}@${provider}`, browser: attacker.browser.name }
  await attacker.browser.visit(servers.authorize(authorize, who).href, cookie)
}

/** Goes the way back of somebody else, before him or after him, by his own browser or by another victim's. */
const replays: Attack = async (attacker, victim, deps) => {
  const leaked = pick(deps.world.random, deps.leaks.callbacks.slice(-3))
  if (leaked === undefined) return
  const browser = deps.world.random.fraction() < 0.7 ? attacker.browser : victim.browser
  const provider = new URL(leaked).pathname.split('/')[2] ?? ''
  // With a cookie of a flow of his own, that is.
  await begun(attacker, provider, false, deps)
  await browser.visit(leaked)
}
