import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { errorName, SluiceError } from '../errors/sluice-error.ts'
import { Secret } from '../primitives/secret.ts'
import { parseDotenv } from './dotenv.ts'
import { optional } from './env.ts'
import { shout } from './names.ts'

/** Where a machine keeps secrets, before AWS is asked. Injected, so that a test brings its own. */
export interface SecretSources {
  readonly environment: (name: string) => string | undefined
  /** Text of the `.env` file; `undefined` when there is none. */
  readonly dotenv: () => string | undefined
  /** Directory of one directory per provider. */
  readonly configDirectory: string
  /**
   * Text of a file that its owner alone may read; `undefined` when there is none.
   * @throws SluiceError `MISCONFIGURED` when others may read it too.
   */
  readonly privateFile: (path: string) => string | undefined
}

export interface FoundSecret {
  readonly secret: Secret
  /** `environment`, `.env` or the path of the file: what to tell a person who wonders. */
  readonly from: string
}

/**
 * The secret called `name` (`STRIPE_WEBHOOK_SECRET`): from the environment, else `.env`, else the file
 * `~/.config/{provider}/webhook_secret` or `~/.config/{provider}/STRIPE_WEBHOOK_SECRET`. Blank values count as unset;
 * surrounding white space (an editor's last newline) is no part of a secret.
 * @throws SluiceError `MISCONFIGURED` when `.env` is damaged, or the file is empty or open to others; the message names the fix.
 */
export function lookUpSecret(
  provider: string,
  name: string,
  sources: SecretSources,
): FoundSecret | undefined {
  const own = sources.environment(name)?.trim()
  if (own) return { secret: new Secret(own), from: 'environment' }
  const written = parseDotenv(sources.dotenv() ?? '')
    .get(name)
    ?.trim()
  if (written) return { secret: new Secret(written), from: '.env' }
  return fromFiles(provider, name, sources)
}

/** `STRIPE_WEBHOOK_SECRET` of `stripe` -> `webhook_secret`: the directory already says the provider. */
export const secretFileName = (provider: string, name: string): string => {
  const prefix = `${shout(provider)}_`
  return (name.startsWith(prefix) ? name.slice(prefix.length) : name).toLowerCase()
}

function fromFiles(provider: string, name: string, sources: SecretSources): FoundSecret | undefined {
  // Both become parts of a path, so neither may be able to leave its directory.
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(provider) || !/^\w+$/.test(name)) return undefined
  for (const file of [secretFileName(provider, name), name]) {
    const path = join(sources.configDirectory, provider, file)
    const text = sources.privateFile(path)
    if (text === undefined) continue
    if (text.trim() === '')
      throw new SluiceError('MISCONFIGURED', `${path} is empty: write the secret into it`)
    return { secret: new Secret(text.trim()), from: path }
  }
  return undefined
}

/** This machine's sources: the process's environment, `.env` in `directory`, and `~/.config`. */
export const machineSecretSources = (directory: string): SecretSources => ({
  environment: optional,
  dotenv: () => readIfPresent(join(directory, '.env')),
  configDirectory: join(homedir(), '.config'),
  privateFile: (path) => readIfPresent(path, refuseOpenFile),
})

function readIfPresent(path: string, check?: (descriptor: number, path: string) => void): string | undefined {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? errorName(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new SluiceError(
      'MISCONFIGURED',
      `${path} can not be read (${code}): chown it to yourself, chmod 600`,
    )
  }
  try {
    if (!fstatSync(descriptor).isFile()) return undefined
    check?.(descriptor, path)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

/** Looks at the opened file, not at the path, so that what was checked is what is read. */
function refuseOpenFile(descriptor: number, path: string): void {
  const mode = fstatSync(descriptor).mode & 0o777
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  const octal = mode.toString(8).padStart(4, '0')
  throw new SluiceError(
    'MISCONFIGURED',
    `${path} has mode ${octal}, so others on this machine can read a secret: run chmod 600 '${path}'`,
  )
}
