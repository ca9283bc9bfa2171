/** A request that nothing is prepared for: a test's expectation that did not hold. */
export class UnexpectedRequest extends Error {
  override readonly name = 'UnexpectedRequest'
}
