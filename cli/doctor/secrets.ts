import { secretName, shout } from '#lib/config/names.ts'
import { lookUpSecret } from '#lib/config/secret-lookup.ts'
import { connectGrantOf } from '#lib/oauth/grant-of.ts'
import type { Endpoint } from '#lib/webhooks/directory.ts'
import { findAddress } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import type { Io, SecretStore } from '../io.ts'
import { valuesOf } from '../signing-secret.ts'
import { localStack, type LocalStack } from '../target.ts'
import { isUsable } from '../usable-secret.ts'
import { awsFix } from './aws-fix.ts'
import { fault, ok, unknown, warning, type Finding } from './finding.ts'

/** Where the functions of a deployment read their secrets. */
export interface Secrets {
  readonly stage: string
  /** Set when it is the stack on this machine. */
  readonly stack: LocalStack | undefined
}

type Values = Readonly<Record<string, string>>
type Read = (provider: string) => Promise<Values | Finding>

/** Each endpoint's signing secret, and the registrations of the providers that accounts are connected of. Shows no value. */
export async function checkSecrets(where: Secrets, io: Io): Promise<readonly Finding[]> {
  const endpoints = await io.loadEndpoints()
  const read = reader(await openStore(where, io), where.stage)
  const generated = where.stack ? () => Promise.resolve(undefined) : await generatedHere(io)
  const findings: Finding[] = []
  for (const endpoint of endpoints) {
    const values = await read(endpoint.provider)
    // One right is missing for all of them: that is told once.
    if (isFinding(values)) return [...findings, values]
    findings.push(await ofEndpoint(endpoint, values[endpoint.secretName], { where, io, generated }))
  }
  for (const provider of new Set([...endpoints.map((each) => each.provider), 'sandbox'])) {
    const values = await read(provider)
    if (!isFinding(values)) findings.push(...ofRegistration(provider, values, where))
  }
  return findings
}

const openStore = ({ stack }: Secrets, io: Io): Promise<SecretStore> =>
  io.openSecretStore(
    stack ? { kind: 'local', endpoint: stack.secretsEndpoint, region: stack.region } : { kind: 'aws' },
  )

const isFinding = (values: Values | Finding): values is Finding => typeof values['status'] === 'string'

function reader(store: SecretStore, stage: string): Read {
  const known = new Map<string, Promise<Values | Finding>>()
  return (provider) => {
    const name = secretName(stage, provider)
    const reading = known.get(provider) ?? readOne(store, name)
    known.set(provider, reading)
    return reading
  }
}

async function readOne(store: SecretStore, name: string): Promise<Values | Finding> {
  try {
    return valuesOf(await store.read(name), name)
  } catch (error) {
    if (error instanceof Failure)
      return fault(
        'secrets',
        error.message,
        `put a JSON object into it: \`aws secretsmanager put-secret-value --secret-id ${name}\``,
      )
    return unknown('secrets', ...awsFix(error, 'secretsmanager:GetSecretValue'))
  }
}

interface Judged {
  readonly where: Secrets
  readonly io: Io
  /** The value that the local stack has made up for this endpoint. */
  readonly generated: (endpoint: Endpoint) => Promise<string | undefined>
}

async function ofEndpoint(
  endpoint: Endpoint,
  value: string | undefined,
  { where, io, generated }: Judged,
): Promise<Finding> {
  const { provider, secretName: name } = endpoint
  const check = `secret ${name}`
  const place = `${secretName(where.stage, provider)} of ${where.stack ? 'the local stack' : 'AWS'}`
  const own = endpoint.id === provider ? '' : ` --endpoint ${endpoint.id}`
  const set = `npx sluice secrets set ${provider}${own}${where.stack ? '' : ` --stage ${where.stage}`}`
  const fix = `store the secret that the provider shows: \`${set}\``
  if (value === undefined || value.trim() === '')
    return fault(check, `is not in ${place}: its webhooks are refused with 503`, fix)
  const address = await findAddress(io, provider, endpoint.id)
  const parts = value.split(',').map((part) => part.trim())
  for (const part of parts)
    if (!(await isUsable(part, address, io)))
      return fault(check, `in ${place} is no key that this provider signs with`, fix)
  if ((await generated(endpoint)) === value)
    return fault(check, `in ${place} is the one that the local stack has made up for itself`, fix)
  return ok(check, `is in ${place}${parts.length > 1 ? ', with the one before it' : ''}`)
}

/** What the stack on this machine has made up: what it holds and nobody has given it. */
async function generatedHere(io: Io): Promise<Judged['generated']> {
  const stack = localStack(io)
  if (!stack || !io.isAlive(stack.pid)) return () => Promise.resolve(undefined)
  const store = await openStore({ stage: stack.stage, stack }, io)
  return async ({ provider, secretName: name }) => {
    if (lookUpSecret(provider, name, io.secretSources)) return undefined
    const values = await readOne(store, secretName(stack.stage, provider))
    return isFinding(values) ? undefined : values[name]
  }
}

/** Half a registration lets nobody connect. That there is none is a choice. */
function ofRegistration(provider: string, values: Values, { stage, stack }: Secrets): readonly Finding[] {
  const grant = connectGrantOf(provider)
  const prefix = shout(provider)
  const has = (name: string): boolean => (values[`${prefix}_${name}`] ?? '').trim() !== ''
  if (!grant && provider !== 'sandbox') return []
  const hasSecret = has('CLIENT_SECRET') || has('CLIENT_PRIVATE_KEY')
  if (!has('CLIENT_ID') && !hasSecret) return []
  const check = `client ${provider}`
  const place = secretName(stage, provider)
  const fix = `write both names into the secret ${place} as docs/connecting.md says`
  if (!has('CLIENT_ID')) return [fault(check, `${place} has no ${prefix}_CLIENT_ID: nobody can connect`, fix)]
  if (!hasSecret && grant?.clientAuth !== 'none')
    return [fault(check, `${place} has no ${prefix}_CLIENT_SECRET: nobody can connect`, fix)]
  if (provider === 'sandbox' && !stack)
    return [
      warning(
        check,
        `${place} registers the sandbox, which is not there in AWS`,
        `delete the secret ${place}`,
      ),
    ]
  return [ok(check, `${place} has its id and its secret`)]
}
