import type { Endpoint } from '#lib/webhooks/directory.ts'
import type { SecretSources } from '#lib/config/secret-lookup.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import type { Secret } from '#lib/primitives/secret.ts'

/** The world as the commands see it. `main.ts` gives them the process, a test gives them its own. */
export interface Io {
  /** Results; nothing else is ever written there. */
  readonly out: (text: string) => void
  /** Notes, progress and complaints. */
  readonly err: (text: string) => void
  readonly terminal: Terminal
  readonly clock: Clock
  readonly fetch: typeof fetch
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal
  /** Where `sluice.config.ts`, `.env` and `.sluice/` are. */
  readonly root: string
  /** What file names on the command line are relative to. */
  readonly cwd: string
  readonly secretSources: SecretSources
  readonly isAlive: (pid: number) => boolean
  /** Everything on standard input. */
  readonly readInput: () => Promise<Uint8Array>
  /** Asks on the terminal without showing what is typed; `undefined` when the user gives up. */
  readonly askSecret: (question: string) => Promise<string | undefined>
  /** Asks on the terminal; `undefined` when the user gives up. */
  readonly ask: (question: string) => Promise<string | undefined>
  /** Shows an address in the user's browser; rejects when none could be started. */
  readonly openBrowser: (url: string) => Promise<void>
  readonly loadEndpoints: () => Promise<readonly Endpoint[]>
  /** AWS, with the credentials that the environment has. */
  readonly openCloud: () => Promise<Cloud>
  readonly openSecretStore: (store: SecretStoreAddress) => Promise<SecretStore>
  /** Runs a TypeScript program of this repository in place of the command; resolves with its exit code. */
  readonly runProgram: (file: string, parameters: readonly string[]) => Promise<number>
}

interface Terminal {
  readonly input: boolean
  readonly output: boolean
  readonly errors: boolean
  readonly columns: number
  readonly color: boolean
}

/** The local stack's own store, or AWS with the credentials that the environment has. */
export type SecretStoreAddress =
  | { readonly kind: 'local'; readonly endpoint: string; readonly region: string }
  | { readonly kind: 'aws' }

/** Secrets Manager as far as the command line needs it: texts by name. */
export interface SecretStore {
  /** `undefined` when there is no such secret. */
  read(name: string): Promise<Secret | undefined>
  /** Replaces the secret's value, or creates the secret. */
  write(name: string, value: Secret): Promise<void>
}

/** The AWS account of a deployment as far as `doctor` looks at it. Rejects with an error that has AWS's name of the fault. */
export interface Cloud {
  identity(): Promise<{ readonly arn: string; readonly account: string; readonly region: string }>
  /** Metric alarms whose names begin with `prefix`. */
  alarms(prefix: string): Promise<
    readonly {
      readonly name: string
      /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
      readonly state: string
      /** Whether it tells anybody. */
      readonly actions: boolean
    }[]
  >
  /** Schedules of EventBridge Scheduler whose names begin with `prefix`. */
  schedules(prefix: string): Promise<readonly { readonly name: string; readonly isEnabled: boolean }[]>
}
