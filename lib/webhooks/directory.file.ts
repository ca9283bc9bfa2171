import { readFileSync } from 'node:fs'
import { SluiceError } from '../errors/sluice-error.ts'
import { directoryOf, type Directory, type Endpoint } from './directory.ts'

/**
 * Reads the directory that the build compiled from `sluice.config.ts`, checked then and shipped beside the code.
 * @throws SluiceError `MISCONFIGURED` when the file is missing or damaged.
 */
export function fileDirectory(file: URL): Directory {
  try {
    return directoryOf(JSON.parse(readFileSync(file, 'utf8')) as Endpoint[])
  } catch (cause) {
    throw new SluiceError('MISCONFIGURED', 'directory.json is missing or damaged: run the build again', {
      cause,
    })
  }
}
