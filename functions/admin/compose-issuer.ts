import { httpsIssuer } from '#lib/access/issuer.https.ts'
import type { Issuer } from '#lib/access/issuer.ts'
import { secretsManagerAdminToken } from '#lib/admin/admin-token.secretsmanager.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { optional } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import type { Oidc } from '#lib/config/oidc.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import type { Log } from '#lib/telemetry/log.ts'

interface Tools {
  readonly clock: Clock
  readonly log: Log
}

/** The issuer that people sign in to the console by; `undefined` where the config gives the console no client there. */
export function composeIssuer(config: Oidc | undefined, { clock, log }: Tools): Issuer | undefined {
  const client = config?.console
  if (!config || !client) return undefined
  const secret =
    client.clientAuth === 'none'
      ? () => Promise.resolve(undefined)
      : secretsManagerAdminToken({
          client: secretsManagerClient({ maxAttempts: 3 }),
          name: env.consoleClientSecret,
          fromEnvironment: optional(env.consoleClientSecret),
          secretId: optional(env.adminSecret),
          clock,
          log,
        })
  const { fetch } = globalThis
  return httpsIssuer({ issuer: config.issuer, console: client }, { fetch, clock, log, secret })
}
