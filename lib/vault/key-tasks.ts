import type { EpochMs } from '../primitives/clock.ts'

/** What can be asked for a tenant's keys: to be wrapped anew, or to be destroyed. */
export type KeyTask = 'rewrap' | 'shred'

/** What can be said of a tenant's keys without opening any. */
export interface KeyFacts {
  /** How many epochs there are. */
  readonly keys: number
  /** Asked for, and not done yet. */
  readonly task?: KeyTask
  readonly rewrappedAt?: EpochMs
}

/** How those who may open no key ask for what is to become of one. */
export interface KeyTasks {
  /** `undefined` for a tenant that has none, or had. */
  about(tenant: string): Promise<KeyFacts | undefined>
  /** Leaves the task where the refresher finds it, within a minute; `false` when there are no keys, or they are to be shredded. */
  ask(tenant: string, task: KeyTask): Promise<boolean>
  /** Notes that a task asked for until `startedAt` is done. */
  rewrapped(tenant: string, startedAt: EpochMs): Promise<void>
}

/** Stands where the id of a connection does among what is due. */
export const keysId = 'keys'
