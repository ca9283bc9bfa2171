/** What is kept alive, by the name of what it is of. */
export type Keepers = Readonly<Record<string, KeeperDeclaration>>

/** In paths, names in braces are parameters of the subscription. */
export type KeeperDeclaration =
  | ChannelDeclaration
  | WatchDeclaration
  | DeliveriesDeclaration
  | EndpointDeclaration

/** A push channel with an id of ours, which ends by itself: a new one is made before, and the old one stopped after. */
export interface ChannelDeclaration {
  readonly kind: 'channel'
  readonly watch: { readonly path: string; readonly params?: Readonly<Record<string, string>> }
  /** What is asked for before, where the provider wants to know from where on; it is the value of `param` in `watch`. */
  readonly first?: {
    readonly path: string
    readonly params?: Readonly<Record<string, string>>
    readonly pointer: string
    readonly param: string
  }
  /** Takes the id of a channel and of what it watches. */
  readonly stop: { readonly path: string }
  /** Code of the error for an id that is taken. */
  readonly taken: string
  /** The longest life that is given, milliseconds. */
  readonly lifeMs: number
  /** How long before its end a successor is made, and how long both are there, milliseconds. */
  readonly renewBeforeMs: number
  readonly overlapMs: number
}

/** A watch that ends by itself, and is made longer by asking for it again: there is never more than one. */
export interface WatchDeclaration {
  readonly kind: 'watch'
  readonly path: string
  /** Its values may have parameters of the subscription. */
  readonly body: Readonly<Record<string, string>>
  /** Points to its end, milliseconds since 1970. */
  readonly expiration: string
  /** How often it is asked for, milliseconds. */
  readonly everyMs: number
}

/** Deliveries that the provider lists and does not repeat by itself. GitHub is the only one. */
export interface DeliveriesDeclaration {
  readonly kind: 'deliveries'
  readonly everyMs: number
  /** How long the provider keeps them, milliseconds. */
  readonly keptMs: number
}

/** Endpoints that the provider may switch off. */
export interface EndpointDeclaration {
  readonly kind: 'endpoint'
  readonly path: string
  /** Points to what says that it is off, and what it says then. */
  readonly off: { readonly pointer: string; readonly equals: string | boolean }
  /** Points to why, where the provider says it. */
  readonly reason?: string
  readonly everyMs: number
}
