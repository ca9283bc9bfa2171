import { readFileSync } from 'node:fs'
import type { SubscriptionConfig } from '../config/define-config.ts'
import { SluiceError } from '../errors/sluice-error.ts'

/**
 * Reads what the build compiled from `sluice.config.ts`, checked then and shipped beside the code.
 * @throws SluiceError `MISCONFIGURED` when the file is missing or damaged.
 */
export function fileKeeperConfig(file: URL): readonly SubscriptionConfig[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SubscriptionConfig[]
  } catch (cause) {
    const message = 'subscriptions.json is missing or damaged: run the build again'
    throw new SluiceError('MISCONFIGURED', message, { cause })
  }
}
