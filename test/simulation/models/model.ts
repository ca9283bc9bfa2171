/** An SDK command as a model sees it: its class says the operation. */
export interface Command {
  readonly constructor: { readonly name: string }
  readonly input: object
}

/** A service in memory. `apply` is one instant: the command has its whole effect or, when it throws, none. */
export interface Model {
  apply(command: Command): object
}

/** An error as the SDK throws it. */
export const serviceError = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name, $metadata: {} })
