import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { env } from '#lib/config/names.ts'
import { parseDotenv } from '#lib/config/dotenv.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { Failure } from './failure.ts'
import type { Io } from './io.ts'

/** What the local stack says of itself in `.sluice/stack.json`. */
export interface LocalStack {
  readonly url: string
  readonly adminToken: Secret
  readonly region: string
  readonly stage: string
  readonly pid: number
  readonly secretsEndpoint: string
  /** Where the sandbox provider answers. */
  readonly sandbox: string | undefined
}

/** A Sluice to talk to. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string
  /** Set when it is the stack on this machine. */
  readonly stack?: LocalStack
}

/** A setting from the environment, else from `.env`. */
const setting = (name: string, { secretSources }: Io): string | undefined =>
  secretSources.environment(name) || parseDotenv(secretSources.dotenv() ?? '').get(name) || undefined

/**
 * Where requests go: `--url`, else `SLUICE_PUBLIC_URL`, else the stack on this machine.
 * @throws Failure when there is none, or the address is not one.
 */
export function findTarget(io: Io, option?: string): Target {
  const stack = localStack(io)
  const given = option ?? setting(env.publicUrl, io)
  const url = given === undefined ? stack?.url : addressOf(given, option === undefined)
  if (url === undefined)
    throw new Failure('no_stack', 'no stack runs here: start one with `npm start`, or name one with --url')
  const isLocal = stack !== undefined && sameAddress(stack.url, url)
  if (isLocal && given === undefined && !io.isAlive(stack.pid))
    throw new Failure('stack_stopped', 'the stack that ran here has stopped: start it with `npm start`')
  return { url, ...(isLocal && { stack }) }
}

function addressOf(text: string, fromEnvironment: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return (url.origin + url.pathname).replace(/\/+$/, '')
  const what = fromEnvironment ? env.publicUrl : '--url'
  throw new Failure('bad_url', `${what} must be an address such as https://sluice.example.com`, 2)
}

const sameAddress = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((url) => url.replace('//localhost:', '//127.0.0.1:'))
  return one === other
}

/** The stack on this machine; `undefined` when none has left its file. Read anew each time: a restart may change it. */
export function localStack(io: Io): LocalStack | undefined {
  const directory = resolve(io.root, setting('SLUICE_DATA_DIR', io) ?? '.sluice')
  const file = resolve(directory, 'stack.json')
  try {
    const { url, adminToken, region, stage, pid, endpoints, sandbox } = JSON.parse(
      readFileSync(file, 'utf8'),
    ) as StackFile
    return {
      url: url.replace(/\/+$/, ''),
      adminToken: new Secret(adminToken),
      region,
      stage,
      pid,
      secretsEndpoint: endpoints.secretsmanager,
      sandbox,
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Failure('bad_stack_file', `${file} can not be read: start the stack again with \`npm start\``)
  }
}

interface StackFile {
  readonly url: string
  readonly adminToken: string
  readonly region: string
  readonly stage: string
  readonly pid: number
  readonly endpoints: { readonly secretsmanager: string }
  readonly sandbox?: string
}
