import { describeError, SluiceError } from '../errors/sluice-error.ts'

/** @throws SluiceError `VAULT_UNAVAILABLE` when what keeps or wraps keys does not answer; its own errors pass. */
export async function guardedKeys<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    if (error instanceof SluiceError) throw error
    throw new SluiceError('VAULT_UNAVAILABLE', `the vault's keys: ${describeError(error)}`, { cause: error })
  }
}
