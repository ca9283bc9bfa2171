import type { Sandbox } from '../sandbox.ts'
import type { FaultPlan } from '../faults.ts'
import { ms, type Clock } from '#lib/primitives/clock.ts'
import type { Random } from '#lib/primitives/random.ts'

/** One grant: every refresh token that ever came of it, and which of them is good. */
interface Family {
  current: string
  readonly spent: Set<string>
  revoked: boolean
  issuedAt: number
  /** Answers with tokens that nobody got, by whoever's fault. */
  dropped: number
}

export interface Issue {
  readonly family: string
  readonly spent: string
  readonly accessToken: string
  readonly refreshToken: string
}

export interface SimServer {
  readonly families: ReadonlyMap<string, Family>
  /** Every token that was ever given out. */
  readonly secrets: string[]
  readonly calls: () => number
  /** Whether the server would still take this access token. */
  isGood(accessToken: string, skewMs: number): boolean
  /** The first pair of a new grant. */
  grant(family: string): Issue
  fetchFor(box: Sandbox, watch: CallWatch): typeof fetch
}

/** Sees each token call of a worker from its start to what came of it. */
export interface CallWatch {
  begins(family: string, refreshToken: string): () => void
  /** The worker has the answer in its hands. */
  received(issue: Issue): void
  revoked(family: string, droppedBefore: number): void
  early(family: string): void
}

/** An authorization server that rotates single-use refresh tokens and revokes the grant when one is used twice. */
export function simServer(
  options: {
    readonly clock: Clock
    readonly random: Random
    readonly faults: FaultPlan
    /** Lets the table of connections be away for a while: the worst moment is when new tokens have just come. */
    readonly tableGoesAway: (forMs: number) => void
  },
  lifetimeMs: number,
  omitsRefreshToken: (family: string) => boolean,
): SimServer {
  const { clock, random, faults } = options
  const families = new Map<string, Family>()
  const access = new Map<string, { readonly family: string; readonly until: number }>()
  const secrets: string[] = []
  let made = 0
  let calls = 0
  const token = (kind: string): string => {
    made += 1
    const text = `${kind}-canary-${made}-${Buffer.from(random.bytes(12)).toString('base64url')}`
    secrets.push(text)
    return text
  }
  const issue = (name: string, spent: string): Issue => {
    const family = families.get(name)
    if (!family) throw new Error(`there is no family ${name}`)
    const accessToken = token('access')
    access.set(accessToken, { family: name, until: clock.now() + lifetimeMs })
    if (!omitsRefreshToken(name) || spent === '') {
      if (family.current) family.spent.add(family.current)
      family.current = token('refresh')
    }
    family.issuedAt = clock.now()
    return { family: name, spent, accessToken, refreshToken: family.current }
  }
  const answer = (status: number, body: object): Response =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

  /** What the server does with a refresh token, at once. */
  const spend = (refreshToken: string, watch: CallWatch): Issue | undefined => {
    const found = [...families].find(([, own]) => own.current === refreshToken || own.spent.has(refreshToken))
    if (!found) return undefined
    const [name, family] = found
    if (family.revoked) return undefined
    if (family.current !== refreshToken) {
      family.revoked = true
      watch.revoked(name, family.dropped)
      return undefined
    }
    if (family.dropped === 0 && clock.now() - family.issuedAt < lifetimeMs * 0.65) watch.early(name)
    return issue(name, refreshToken)
  }

  return {
    families,
    secrets,
    calls: () => calls,
    isGood: (accessToken, skewMs) => {
      const known = access.get(accessToken)
      return known !== undefined && clock.now() <= known.until + skewMs
    },
    grant(family) {
      families.set(family, { current: '', spent: new Set(), revoked: false, issuedAt: 0, dropped: 0 })
      return issue(family, '')
    },
    fetchFor: (box, watch) =>
      (async (_url: string, init: RequestInit) => {
        const refreshToken = new URLSearchParams(init.body as string).get('refresh_token') ?? ''
        const name = [...families].find(
          ([, own]) => own.current === refreshToken || own.spent.has(refreshToken),
        )?.[0]
        const ends = watch.begins(name ?? '?', refreshToken)
        // Whoever gives up has no request in flight any more, whatever the server still does with it.
        init.signal?.addEventListener('abort', ends, { once: true })
        try {
          box.count('before')
          await box.awake()
          await clock.sleep(ms(5 + random.fraction() * 100))
          calls += 1
          if (faults.chance(0.04, 'a token call never arrives')) throw new TypeError('fetch failed')
          if (faults.chance(0.04, 'the token endpoint answers 503')) return answer(503, {})
          const slow = faults.chance(0.03, 'the token endpoint is slow')
          const issued = spend(refreshToken, watch)
          const family = name === undefined ? undefined : families.get(name)
          const drop = (): void => {
            if (issued && family) family.dropped += 1
          }
          if (slow) {
            drop()
            await clock.sleep(ms(30_000))
            throw new TypeError('fetch failed')
          }
          if (faults.chance(0.04, 'the answer of the token endpoint is lost')) {
            drop()
            throw new TypeError('fetch failed')
          }
          await clock.sleep(ms(5 + random.fraction() * 100))
          // Whoever died meanwhile got nothing.
          if (box.killed) drop()
          await box.awake()
          if (!issued) return answer(400, { error: 'invalid_grant' })
          watch.received(issued)
          if (faults.chance(0.1, 'the table goes away'))
            options.tableGoesAway(2_000 + random.fraction() * 60_000)
          box.count('after')
          await box.awake()
          return answer(200, {
            access_token: issued.accessToken,
            token_type: 'Bearer',
            expires_in: lifetimeMs / 1_000,
            ...(!omitsRefreshToken(issued.family) && { refresh_token: issued.refreshToken }),
          })
        } finally {
          ends()
        }
      }) as typeof fetch,
  }
}
