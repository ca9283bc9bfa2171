/** What a tick leaves to the next one. */
export interface TickState {
  /** The last minute whose polls are on the queue, counted since 1970. */
  readonly minute?: number
  /** How far the comparison of connections with polls has come; none: at the beginning. */
  readonly after?: string
}

/** @throws SluiceError `VAULT_UNAVAILABLE` */
export interface TickMemory {
  read(): Promise<TickState>
  write(state: TickState): Promise<void>
}
