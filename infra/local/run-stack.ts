import { join } from 'node:path'
import { styleText } from 'node:util'
import { mintLoginLink } from '#lib/admin/login-link.ts'
import { env as names, webhookSecretName } from '#lib/config/names.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { systemRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { pollQueue } from './functions/event-source.ts'
import { wireFunctions, type Wiring } from './functions/functions.ts'
import { runSchedule } from './functions/schedule.ts'
import { wireEventSources, wireRoutes, wireSchedules } from './functions/triggers.ts'
import type { Door } from './http/door.ts'
import { gateway } from './http/gateway.ts'
import {
  heldSecret,
  putSecret,
  seedAdminToken,
  seedSecrets,
  type AdminToken,
  type SecretOptions,
  type WantedSecret,
} from './secrets.ts'
import type { BusEvent } from './services/event-bridge.ts'
import { region } from './services/place.ts'
import type { ServiceEndpoints, Services } from './services/start-services.ts'
import { writeStackFile } from './stack-file.ts'
import { identitiesOf, pseudoParameters } from './template/identities.ts'
import { provision } from './template/provision.ts'
import { resolver, resourcesOf, type Template } from './template/template.ts'

/** A stack that takes webhooks. */
export interface RunningStack {
  readonly url: string
  readonly adminToken: string
  /** `generated`, or where this machine names it. */
  readonly adminTokenFrom: string
  /** Opens the console; works once. */
  readonly loginUrl: string
  readonly endpoints: ServiceEndpoints
  /** The template's outputs. */
  readonly outputs: Readonly<Record<string, string>>
  /** Where each secret came from, by its name. */
  readonly secretOrigins: ReadonlyMap<string, string>
  /** The last events on the bus, oldest first. */
  published(): readonly BusEvent[]
  /** Takes no more, ends what is under way, and closes everything. */
  stop(): Promise<void>
}

export interface Parts {
  readonly dataDir: string
  readonly quiet: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stage: string
  readonly template: Template
  readonly services: Services
  readonly door: Door
  /** Folder of the built functions. */
  readonly bundles: string
  readonly secrets: readonly WantedSecret[]
  readonly unlock: () => void
}

/** How long calls under way may take to end when the stack is stopped. */
const graceMs = 5_000
const sweepPeriodMs = 3_600_000

/** Creates what the template declares, then sets everything going. */
export async function runStack(parts: Parts): Promise<RunningStack> {
  const { dataDir, environment, stage, template, services, door, bundles } = parts
  const { endpoints } = services
  const { url } = door
  const publicUrl = environment['SLUICE_PUBLIC_URL'] || url
  const identities = identitiesOf(template, { endpoints, publicUrl })
  const resolve = resolver(identities, pseudoParameters)
  await provision({ template, resolve, identities, endpoints })
  const seeding = { endpoint: endpoints.secretsmanager, stage, environment, folder: process.cwd() }
  const secretOrigins = await seedSecrets(parts.secrets, seeding)
  const sandbox = await openSandbox(services, { url, publicUrl }, seeding)
  const admin = await adminTokenOf({ template, resolve }, seeding)
  const logs = join(dataDir, 'logs')
  const onTrouble = parts.quiet ? () => {} : printTrouble
  const environmentOfAll = {
    [baseUrlOfSandbox]: sandbox,
    [names.missedGraceSeconds]: missedGraceOf(environment),
  }
  const running = setGoing(
    {
      template,
      resolve,
      identities,
      endpoints,
      bundles,
      logs,
      onTrouble,
      environmentOfAll,
      note: (line) => services.note(line),
    },
    parts,
  )
  const outputs = resolve(
    Object.fromEntries(Object.entries(template.Outputs ?? {}).map(([name, { Value }]) => [name, Value])),
  ) as Record<string, string>
  const adminToken = admin.token
  const file = { url, adminToken, region, stage, pid: process.pid, endpoints, sandbox, outputs }
  const removeFile = writeStackFile(dataDir, file)
  return {
    url,
    adminToken,
    adminTokenFrom: admin.from,
    loginUrl: `${url}/console/login?link=${mintLoginLink(new Secret(adminToken), systemClock, systemRandom)}`,
    endpoints,
    outputs,
    secretOrigins,
    published: () => services.published(),
    async stop() {
      removeFile()
      await running.stop()
      await services.close()
      parts.unlock()
    },
  }
}

/** The functions and what starts them. */
function setGoing(wiring: Wiring, { door, services, environment }: Parts): { stop(): Promise<void> } {
  const pools = wireFunctions(wiring)
  const polling = new AbortController()
  const polls = wireEventSources(wiring, pools).map((source) => pollQueue(source, polling.signal))
  const schedules = wireSchedules(wiring, pools).map((schedule) =>
    runSchedule(schedule, mostPeriodOf(environment)),
  )
  const sweep = () =>
    services.sweep(Math.floor(Date.now() / 1_000)).catch((error: unknown) => {
      wiring.onTrouble('TTL sweep', String(error))
    })
  const sweeps = setInterval(() => void sweep(), sweepPeriodMs)
  const firstSweep = sweep()
  door.answerBy(gateway(wireRoutes(wiring, pools)))
  for (const pool of pools.values()) pool.warm()
  return {
    async stop() {
      clearInterval(sweeps)
      for (const end of schedules) end()
      polling.abort()
      await door.close()
      await Promise.all([...pools.values()].map((pool) => pool.stop(graceMs)))
      await Promise.all([...polls, firstSweep])
    },
  }
}

/** Schedules run as the template says, or this often where someone will not wait for that. */
function mostPeriodOf(environment: Parts['environment']): number {
  const asked = Number(environment['SLUICE_SCHEDULE_SECONDS'])
  return asked >= 1 ? asked * 1_000 : Number.POSITIVE_INFINITY
}

const defaultTokenSeconds = 20

/** By which calls find the sandbox provider's API. */
const baseUrlOfSandbox = 'SANDBOX_BASE_URL'

/** Nobody waits here for ten minutes to see what webhooks missed. */
const defaultGraceSeconds = '15'
const missedGraceOf = (environment: Parts['environment']): string =>
  environment[names.missedGraceSeconds] || defaultGraceSeconds

/** The sandbox provider, with Sluice registered as its client and as the receiver of its webhooks. Answers its address. */
async function openSandbox(
  services: Services,
  { url: own, publicUrl }: { readonly url: string; readonly publicUrl: string },
  seeding: SecretOptions,
): Promise<string> {
  const asked = Number(seeding.environment['SLUICE_SANDBOX_TOKEN_SECONDS'])
  const { url, clientId, clientSecret } = await services.startSandbox({
    redirectUri: `${publicUrl}/oauth/sandbox/callback`,
    tokenSeconds: Number.isSafeInteger(asked) && asked > 0 ? asked : defaultTokenSeconds,
    webhook: {
      url: `${own}/webhooks/sandbox`,
      secret: await heldSecret(
        { provider: 'sandbox', name: webhookSecretName('sandbox', 'sandbox') },
        seeding,
      ),
    },
  })
  await putSecret('sandbox', seeding, {
    SANDBOX_CLIENT_ID: clientId,
    SANDBOX_CLIENT_SECRET: clientSecret,
    SANDBOX_AUTHORIZE_URL: `${url}/auth`,
    SANDBOX_TOKEN_URL: `${url}/token`,
    SANDBOX_REVOKE_URL: `${url}/token/revocation`,
  })
  return url
}

/** The token of the secret that the template lends to whichever function asks for it. */
async function adminTokenOf(
  { template, resolve }: Pick<Wiring, 'template' | 'resolve'>,
  seeding: SecretOptions,
): Promise<AdminToken> {
  for (const { properties } of resourcesOf(template, 'AWS::Lambda::Function', resolve)) {
    const { Variables } = (properties['Environment'] ?? {}) as { Variables?: Record<string, string> }
    const secret = Variables?.[names.adminSecret]
    if (secret) return seedAdminToken(secret, seeding)
  }
  throw new Error(`no function of the template has the variable ${names.adminSecret}`)
}

const printTrouble = (source: string, message: string): void => {
  process.stderr.write(`${styleText('yellow', source)} ${message}\n`)
}
