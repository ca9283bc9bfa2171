import type { EpochMs } from '#lib/primitives/clock.ts'
import type { Chance } from './chance.ts'

interface SampleRequest {
  /** The provider's own name of the event. */
  readonly type: string
  /** The provider's time of the event. */
  readonly at: EpochMs
  readonly chance: Chance
}

interface Sample {
  /** Serialised as JSON in the order of its fields, so equal requests give equal bytes. */
  readonly body: unknown
  /** What the provider sends besides the signature; a scheme's id header is named here too. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A provider's webhook as it would look on the wire, with invented people and amounts. */
export interface Sampler {
  readonly defaultType: string
  readonly make: (request: SampleRequest) => Sample
}
