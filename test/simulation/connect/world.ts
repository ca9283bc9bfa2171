import type { OAuthAppDeps } from '#functions/oauth/app.ts'
import type { TokenStoreDeps } from '#lib/oauth/token-store.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import type { Connection, Tokens } from '#lib/vault/connection.ts'
import { faultPlan, type FaultPlan } from '../faults.ts'
import { simDynamo, type SimDynamo } from '../models/dynamodb.ts'
import { simKms } from '../models/kms.ts'
import type { Command, Model } from '../models/model.ts'
import { scheduler, type Scheduler } from '../scheduler.ts'
import type { World } from '../world.ts'

/** A fault planted in connecting itself. */
export interface ConnectMutant {
  readonly name: string
  readonly what: string
  readonly command: (command: Command) => Command
  /** `visit` is the request that the sandbox is working on. */
  readonly deps?: (deps: OAuthAppDeps, visit: () => Visit | undefined) => OAuthAppDeps
  /** How sealed tokens are opened, where that is part of the fault. */
  readonly open?: (connection: Connection, deps: TokenStoreDeps) => Promise<Tokens>
}

export const noConnectMutant: ConnectMutant = {
  name: 'none',
  what: 'nothing is changed',
  command: (it) => it,
}

/** One request as it reached the function: the truth about who sent it, which the function does not know. */
export interface Visit {
  readonly browser: string
  readonly path: string
  /** The one in the path. */
  readonly provider: string
  readonly query: Readonly<Record<string, string>>
  readonly cookie: string
  readonly arrivedAt: number
}

/** A link, and who asked for it. */
export interface Link {
  readonly id: string
  readonly tenant: string
  readonly provider: string
  readonly owner: string
  readonly isShared: boolean
  readonly account?: string
}

/** A browser that was sent to a provider: whatever came of it is judged by this. */
export interface Begun {
  readonly link: Link
  readonly browser: string
  readonly cookie: string
  readonly begunAt: number
  exchanges: number
}

/** What the world knows, and the code under test does not. */
export interface Truth {
  readonly links: Map<string, Link>
  /** By state. */
  readonly flows: Map<string, Begun>
  /** What may be found nowhere, and what may be found in no store and no log: its owner's browser may have it. */
  readonly secrets: { readonly nowhere: Set<string>; readonly notKept: Set<string> }
  readonly answers: string[]
  readonly lines: string[]
}

export type Report = (invariant: string, message: string) => void

export interface ConnectWorld {
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly faults: FaultPlan
  readonly control: SimDynamo
  readonly connections: SimDynamo
  readonly kms: Model
  readonly mutant: ConnectMutant
  readonly skewMs: number
  readonly truth: Truth
  readonly report: Report
  /** Things that a campaign must have seen at least once. */
  readonly seen: Map<string, number>
  saw(what: string): void
  /** What {@link simClient} needs. */
  readonly asWorld: World
}

export function makeConnectWorld(seed: number, mutant: ConnectMutant, report: Report): ConnectWorld {
  const random = seededRandom(seed * 3_571 + 11)
  const time = scheduler(seededRandom(seed * 64_007 + 13))
  const { clock } = time
  const faults = faultPlan(random, clock.now)
  const seen = new Map<string, number>()
  return {
    scheduler: time,
    clock,
    random,
    faults,
    control: simDynamo(['pk', 'sk']),
    connections: simDynamo(['pk', 'sk']),
    kms: simKms(seededRandom(seed + 17)),
    mutant,
    skewMs: 900,
    truth: {
      links: new Map(),
      flows: new Map(),
      secrets: { nowhere: new Set(), notKept: new Set() },
      answers: [],
      lines: [],
    },
    report,
    seen,
    saw: (what) => void seen.set(what, (seen.get(what) ?? 0) + 1),
    asWorld: { clock, random, faults, mutate: mutant.command } as unknown as World,
  }
}

export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random.fraction() * from.length)] as T
