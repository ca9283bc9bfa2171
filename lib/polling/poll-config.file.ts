import { readFileSync } from 'node:fs'
import type { PollConfig } from '../config/define-config.ts'
import { SluiceError } from '../errors/sluice-error.ts'

/**
 * Reads what the build compiled from `sluice.config.ts`, checked then and shipped beside the code.
 * @throws SluiceError `MISCONFIGURED` when the file is missing or damaged.
 */
export function filePollConfig(file: URL): readonly PollConfig[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PollConfig[]
  } catch (cause) {
    throw new SluiceError('MISCONFIGURED', 'polls.json is missing or damaged: run the build again', { cause })
  }
}
