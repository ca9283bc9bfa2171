import { notices, type Notice } from '#functions/oauth/notices.ts'
import { dynamoConnectStore } from '#lib/oauth/connect-store.dynamo.ts'
import { later, ms } from '#lib/primitives/clock.ts'
import { simClient } from '../client.ts'
import { sandbox } from '../sandbox.ts'
import { origin, returnTo, type Answer, type Gateway } from './gateway.ts'
import type { SimProviders } from './providers.ts'
import { type Begun, type ConnectWorld, type Link } from './world.ts'

/** One browser, with its cookies. */
export interface Browser {
  readonly name: string
  /** What a browser would send to the function. */
  cookieHeader(): string
  /** Goes to an address of the function; `cookie` is what someone says who writes the header himself. */
  visit(address: string, cookie?: string): Promise<Result>
}

export interface Result {
  readonly answer: Answer
  /** To where a provider asks its user. */
  readonly authorize?: string
  /** What became of it, by its page or in the address that it leads to. */
  readonly outcome: string
  readonly connection?: string
}

const titles = new Map<string, Notice>(
  Object.entries(notices).map(([name, { title }]) => [title, name as Notice]),
)

export function makeBrowser(name: string, world: ConnectWorld, { get }: Gateway): Browser {
  const jar = new Map<string, { readonly value: string; readonly until: number }>()
  const keep = (cookies: readonly string[]): string | undefined => {
    for (const cookie of cookies) {
      const [, key = '', value = '', seconds = '0'] = /^([^=]+)=([^;]*);.*Max-Age=(\d+)/.exec(cookie) ?? []
      if (value === '') jar.delete(key)
      else jar.set(key, { value, until: world.clock.now() + Number(seconds) * 1_000 })
      if (value !== '') return value
    }
    return undefined
  }
  const cookieHeader = (): string =>
    [...jar]
      .filter(([, { until }]) => until > world.clock.now())
      .map(([key, { value }]) => `${key}=${value}`)
      .join('; ')
  return {
    name,
    cookieHeader,
    async visit(address, cookie = cookieHeader()) {
      const url = new URL(address)
      const [, , provider = '', kind] = url.pathname.split('/')
      const query = Object.fromEntries(url.searchParams)
      const path = `${url.pathname}${url.search}`
      if (kind === 'callback') sawReturn(world, { query, provider, cookie })
      const startedAt = world.clock.now()
      const answer = await get({ browser: name, path, provider, query, cookie })
      const given = keep(answer.cookies)
      if (given !== undefined && answer.location)
        begins(world, query['link'], answer.location, { browser: name, cookie: given, begunAt: startedAt })
      const result = read(answer)
      world.saw(`${kind}: ${result.outcome}`)
      return result
    },
  }
}

function begins(
  { truth }: ConnectWorld,
  linkId: string | undefined,
  location: string,
  facts: Pick<Begun, 'browser' | 'cookie' | 'begunAt'>,
): void {
  const state = new URL(location).searchParams.get('state') ?? ''
  const link = truth.links.get(linkId ?? '')
  if (!link) throw new Error('a browser was sent on by a link that nobody made')
  truth.flows.set(state, { link, ...facts, exchanges: 0 })
  truth.secrets.notKept.add(state).add(facts.cookie)
}

function read(answer: Answer): Result {
  const { location } = answer
  if (location?.startsWith(returnTo)) {
    const { searchParams } = new URL(location)
    const connection = searchParams.get('connection')
    const outcome = searchParams.get('reason') ?? searchParams.get('status') ?? '?'
    return { answer, outcome, ...(connection !== null && { connection }) }
  }
  if (location !== undefined) return { answer, outcome: 'sent to the provider', authorize: location }
  const title = /<title>([^<]*)/.exec(answer.text)?.[1] ?? ''
  return { answer, outcome: titles.get(title) ?? String(answer.status) }
}

/** Which of the ways back that must be refused this is, so that a campaign can tell that it saw them all. */
function sawReturn(
  world: ConnectWorld,
  back: {
    readonly query: Readonly<Record<string, string>>
    readonly provider: string
    readonly cookie: string
  },
): void {
  const flow = world.truth.flows.get(back.query['state'] ?? '')
  if (!flow) return world.saw('a way back without a state that anyone was given')
  if (flow.link.provider !== back.provider) world.saw('a state on the path of another provider')
  if (!back.cookie.includes(flow.cookie)) world.saw('a state without its cookie')
  if (flow.exchanges > 0) world.saw('a state that was used before')
  if (world.clock.now() > flow.begunAt + 600_000 + 2 * world.skewMs) world.saw('a state that has run out')
}

/** The team's backend, which makes links for whoever is signed in there. */
export function backend(world: ConnectWorld) {
  const box = sandbox(world.clock, world.random.bytes(1)[0] ?? 0, 0)
  const client = simClient(
    { service: 'dynamodb', model: world.control, maxAttempts: 3, requestTimeoutMs: 2_000 },
    box,
    world.asWorld,
  ) as never
  const store = dynamoConnectStore({ client, table: 'control' })
  return async function addLink(asked: Omit<Link, 'id'>): Promise<Link> {
    const { owner: _owner, tenant, provider, isShared, account } = asked
    for (;;) {
      const id = Buffer.from(world.random.bytes(24)).toString('base64url')
      const link = { ...asked, id }
      try {
        await store.addLink(id, {
          tenant,
          provider,
          scopes: ['openid'],
          isShared,
          returnTo,
          expiresAt: later(world.clock.now(), 1_800_000),
          ...(account !== undefined && { account }),
        })
        world.truth.links.set(id, link)
        world.truth.secrets.notKept.add(id)
        return link
      } catch {
        await world.clock.sleep(ms(500))
      }
    }
  }
}

export const linkAddress = ({ provider, id }: Link): string =>
  `${origin}/oauth/${provider}/connect?link=${id}`

/** An address of the function with some of its parameters changed; `undefined` takes one away. */
export function changed(
  address: string,
  change: { readonly provider?: string; readonly query?: Readonly<Record<string, string | undefined>> },
): string {
  const url = new URL(address)
  if (change.provider !== undefined) url.pathname = `/oauth/${change.provider}/callback`
  for (const [name, value] of Object.entries(change.query ?? {})) {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url.href
}

/** What anyone can learn who gets hold of browsers' histories and of what providers log. */
export interface Leaks {
  /** Ways back of honest users, to providers with PKCE, whether they went it yet or not. */
  readonly callbacks: string[]
}

export type Deps = {
  readonly world: ConnectWorld
  readonly gateway: Gateway
  readonly providers: SimProviders
  readonly addLink: ReturnType<typeof backend>
  readonly leaks: Leaks
}
