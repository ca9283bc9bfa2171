import { createCipheriv, createDecipheriv } from 'node:crypto'
import { seededRandom, type Random } from '#lib/primitives/random.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import type { RefreshDeps } from '#lib/oauth/refresh-deps.ts'
import type { KeyWrap } from '#lib/vault/key-wrap.ts'
import { faultPlan, type FaultPlan } from '../faults.ts'
import { simDynamo, type SimDynamo } from '../models/dynamodb.ts'
import type { Command } from '../models/model.ts'
import { simS3, type SimS3 } from '../models/s3.ts'
import type { World } from '../world.ts'
import { scheduler, type Scheduler } from '../scheduler.ts'
import { simServer, type SimServer } from './authorization-server.ts'

/** A fault planted in the refreshing itself. */
export interface RefreshMutant {
  readonly name: string
  readonly what: string
  readonly command: (command: Command) => Command
  readonly deps?: (deps: RefreshDeps) => RefreshDeps
}

export interface RefreshWorld {
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly faults: FaultPlan
  readonly table: SimDynamo
  readonly s3: SimS3
  readonly server: SimServer
  readonly mutant: RefreshMutant
  readonly skewMs: number
  /** What {@link simClient} needs. */
  readonly asWorld: World
}

export const tokenLifetimeMs = 600_000
/** Grants of this tenant get no new refresh token with a refresh. */
export const quietTenant = 'quiet'

export function makeRefreshWorld(seed: number, mutant: RefreshMutant): RefreshWorld {
  const random = seededRandom(seed * 6_151 + 5)
  const time = scheduler(seededRandom(seed * 98_317 + 7))
  const { clock } = time
  const startedAt = clock.now()
  // Whole services fail around the first expiry, which is what there is to see.
  const faults = faultPlan(random, () => Math.max(0, clock.now() - startedAt - 330_000))
  const table = simDynamo(['pk', 'sk'])
  const s3 = simS3()
  let awayUntil = 0
  const troubled: FaultPlan = {
    ...faults,
    next: (service, operation) => {
      const isAway = service === 'dynamodb' && clock.now() < awayUntil
      return isAway && faults.chance(1, 'the table is away after a token call')
        ? 'refused'
        : faults.next(service, operation)
    },
  }
  const asWorld = { clock, random, faults: troubled, mutate: mutant.command } as unknown as World
  const server = simServer(
    { clock, random, faults, tableGoesAway: (forMs) => (awayUntil = clock.now() + forMs) },
    tokenLifetimeMs,
    (family) => family.startsWith(quietTenant),
  )
  return { scheduler: time, clock, random, faults, table, s3, server, mutant, skewMs: 900, asWorld }
}

/** A wrapping key in memory, which is away now and then. */
export function simKeyWrap({ faults }: Pick<RefreshWorld, 'faults'>, random: Random): KeyWrap {
  const key = Buffer.alloc(32, 7)
  const seal = (plain: Uint8Array): Uint8Array => {
    const nonce = Buffer.from(random.bytes(12))
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  }
  const check = (): void => {
    if (faults.chance(0.03, 'KMS does not answer')) throw new Error('KMS is away')
  }
  return {
    async generate() {
      check()
      const plain = random.bytes(32)
      return { plain, wrapped: seal(plain) }
    },
    async unwrap(_tenant, wrapped) {
      check()
      const bytes = Buffer.from(wrapped)
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    },
  }
}
