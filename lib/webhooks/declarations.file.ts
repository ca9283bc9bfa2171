import { readFileSync } from 'node:fs'
import { SluiceError } from '../errors/sluice-error.ts'
import type { Declarations } from './directory.ts'

/**
 * What the webhooks of the providers are like that `sluice.config.ts` names, shipped beside the code: so that the function
 * carries nothing of the others, and nothing of how any of them is called.
 * @throws SluiceError `MISCONFIGURED` when the file is missing or damaged.
 */
export function fileDeclarations(file: URL): Declarations {
  try {
    const declarations = JSON.parse(readFileSync(file, 'utf8')) as Record<string, ReturnType<Declarations>>
    const byId = new Map(Object.entries(declarations))
    return (provider) => byId.get(provider)
  } catch (cause) {
    throw new SluiceError('MISCONFIGURED', 'declarations.json is missing or damaged: run the build again', {
      cause,
    })
  }
}
