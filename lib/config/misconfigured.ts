import { SluiceError } from '../errors/sluice-error.ts'
import type { Fault } from './config-faults.ts'

/** `endpoints[2].signature.header` */
const spell = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')

/** Everything that is wrong with the config, a line each. */
export function misconfigured(faults: readonly Fault[]): SluiceError {
  const lines = faults.map(({ path, message }) => `  ${spell(path) || '(the whole)'}: ${message}`)
  return new SluiceError('MISCONFIGURED', ['sluice.config.ts can not be used:', ...lines].join('\n'))
}
