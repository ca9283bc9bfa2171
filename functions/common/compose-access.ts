import { httpsIssuerKeys } from '#lib/access/issuer-keys.https.ts'
import { secretsManagerAdminToken } from '#lib/admin/admin-token.secretsmanager.ts'
import type { People } from '#lib/admin/admit.ts'
import { secretsManagerClient } from '#lib/aws/secrets-manager.ts'
import { optional } from '#lib/config/env.ts'
import { env } from '#lib/config/names.ts'
import type { Oidc } from '#lib/config/oidc.ts'
import type { Clock } from '#lib/primitives/clock.ts'
import type { Log } from '#lib/telemetry/log.ts'
import type { AccessDeps } from './authenticate.ts'

interface Tools {
  readonly clock: Clock
  readonly log: Log
}

/** The admin token and the issuer whose tokens are taken beside it, from the environment. */
export const composeAccess = ({ clock, log }: Tools): AccessDeps => ({
  token: secretsManagerAdminToken({
    client: secretsManagerClient({ maxAttempts: 3 }),
    fromEnvironment: optional(env.adminToken),
    secretId: optional(env.adminSecret),
    clock,
    log,
  }),
  people: peopleOf(optional(env.adminOidc), { clock, log }),
})

/** What the template carries was checked when it was made. */
function peopleOf(text: string | undefined, tools: Tools): People | undefined {
  if (text === undefined) return undefined
  const config = JSON.parse(text) as Oidc
  const { fetch } = globalThis
  return { config, clock: tools.clock, keys: httpsIssuerKeys(config, { fetch, ...tools }) }
}
