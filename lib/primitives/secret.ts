import { inspect } from 'node:util'

const redacted = '[redacted]'

/** A credential that prints as `[redacted]` wherever it is logged, serialised or inspected. `reveal()` is the one word to search in review. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The plain value. Pass it on at once; never store or log what this returns. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}
