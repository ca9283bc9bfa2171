/** Closes a `switch` over a union: a case added later becomes a compile error here. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable case: ${JSON.stringify(value)}`)
}
