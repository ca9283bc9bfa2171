import type { Hono } from 'hono'
import { toConnectionItem } from '#lib/admin/connection-view.ts'
import { operations } from '#lib/admin/operations.ts'
import { shout } from '#lib/config/names.ts'
import type { Problem } from '#lib/http/problem.ts'
import { addKey } from '#lib/oauth/add-key.ts'
import { fieldsOf } from '#lib/oauth/key-forms.ts'
import type { Provider } from '#lib/providers/provider.ts'
import type { AdminDeps, AdminEnv } from './deps.ts'
import { problem } from '../common/problem.ts'
import { checkBody, malformed, mayTouch, unknownTenant } from './requests.ts'

/** Where a tenant that names no account keeps its key. */
const onlyAccount = 'default'

/** Connections made of keys. What comes in is sealed and never goes out again. */
export function keyRoutes(app: Hono<AdminEnv>, deps: AdminDeps): void {
  app.post('/connections', async (c) => {
    const checked = await checkBody(c, operations.createConnection.body)
    if (!checked.ok) return problem(checked.problem, c)
    const { tenant, provider: id, account = onlyAccount, credentials, extras } = checked.value
    if (!mayTouch(c, tenant)) return problem(unknownTenant, c)
    const provider = deps.providers.find((each) => each.id === id)
    if (!provider?.keys) return problem(malformed('/provider', instead(id, provider)), c)
    const handed = { tenant, provider: id, account, values: credentials, ...(extras && { extras }) }
    const outcome = await addKey(handed, provider.keys, deps)
    switch (outcome.kind) {
      case 'added': {
        const { connection } = outcome
        deps.log('info', 'a key was stored', { tenant, provider: id, connection: connection.id })
        return c.json(toConnectionItem(connection), operations.createConnection.status)
      }
      case 'wrong_names':
        return problem(wrongNames(Object.keys(credentials), provider.keys.map(fieldsOf)), c)
      case 'unsendable':
        return problem(unsendable(outcome.names), c)
      case 'taken':
        return problem(taken, c)
    }
  })
}

/** What to do with a provider that takes no key. */
function instead(id: string, provider: Provider | undefined): string {
  if (!provider) return 'is no provider that this version knows'
  if (provider.auth?.kind === 'oauth2-code')
    return 'takes no keys: make a link by POST /api/connect-links, and let the user connect'
  if (provider.auth)
    return `takes no keys of tenants: set ${shout(id)}_CLIENT_ID and ${shout(id)}_CLIENT_SECRET of this deployment`
  return 'takes no keys: it sends webhooks, and nothing is asked of it'
}

function wrongNames(given: readonly string[], forms: readonly (readonly string[])[]): Problem {
  const known = new Set(forms.flat())
  const takes = forms.map((names) => names.join(' and ')).join('; or ')
  return {
    ...malformed('/credentials', `takes ${takes}`),
    ...(given.some((name) => !known.has(name)) && { code: 'unknown_field' as const }),
  }
}

const unsendable = (names: readonly string[]): Problem => {
  const detail = 'must be 1 to 8192 printable ASCII characters without blanks, a user name without a colon'
  const { errors: _, ...rest } = malformed('', '')
  return { ...rest, errors: names.map((name) => ({ pointer: `/credentials/${name}`, detail })) }
}

const taken: Problem = {
  code: 'conflict',
  detail:
    'An account that its user has connected stands here. Delete that connection first; its place is free minutes later.',
}
