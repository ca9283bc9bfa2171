import { shout } from '../config/names.ts'
import {
  lookUpSecret,
  machineSecretSources,
  secretFileName,
  type SecretSources,
} from '../config/secret-lookup.ts'
import { SluiceError } from '../errors/sluice-error.ts'
import { authorizationOf, fieldsOf, type Authorization } from '../oauth/key-forms.ts'
import { baseUrlOf } from '../outbound/base-url.ts'
import type { Fetch } from '../outbound/fetch-shape.ts'
import { readRequest } from '../outbound/outgoing.ts'
import type { KeyForm } from '../providers/auth.ts'
import type { ApiDeclaration } from '../providers/api.ts'
import { findProvider } from '../providers/catalog.ts'

/** `describe` of vitest, jest or `node:test`. */
export interface Describe {
  (name: string, body: () => void): unknown
  skip(name: string, body: () => void): unknown
}

export interface SuiteDeps {
  readonly describe: Describe
  /** What reaches the provider. */
  readonly fetch: Fetch
  /** Default: the environment, `.env` in the current directory, `~/.config/{provider}/`. */
  readonly sources?: SecretSources
  /** Told in one line why a suite does not run. */
  readonly say?: (line: string) => void
}

export interface SuiteOptions {
  /** Which of the provider's bases: `sandbox`. */
  readonly base?: string
  /** A key that names itself a live one is taken only with this. */
  readonly allowLive?: true
}

/** A provider that can really be called. */
export interface Sandbox {
  readonly provider: string
  readonly api: ApiDeclaration
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** Calls the provider with the credentials that were found; paths begin at the base. They are sent to the API alone. */
  readonly fetch: Fetch
}

export type DescribeWithCredentials = (
  provider: string,
  body: (sandbox: Sandbox) => void,
  options?: SuiteOptions,
) => void

/**
 * Suites against real providers that run where their credentials are found, and say why where they are not.
 * @example
 * const describeWithCredentials = suitesWithCredentials({ describe, fetch })
 * describeWithCredentials('stripe', ({ fetch }) => { test('…', async () => { await fetch('/v1/balance') }) })
 * @throws TypeError for a provider that has no API in the catalog.
 */
export function suitesWithCredentials(deps: SuiteDeps): DescribeWithCredentials {
  const { describe, sources = machineSecretSources('.'), say = () => {} } = deps
  return (provider, body, options = {}) => {
    const found = findProvider(provider)
    if (!found?.api) throw new TypeError(`there is no provider "${provider}" with an API in the catalog`)
    const forms = found.keys ?? [{ headers: { authorization: 'Bearer {accessToken}' } }]
    const opened = open(provider, found.api, forms, { sources, options, call: deps.fetch })
    if ('sandbox' in opened)
      return void describe(`${provider} at ${opened.sandbox.baseUrl}`, () => body(opened.sandbox))
    const line = `${provider}: skipped, because ${opened.why}`
    say(line)
    describe.skip(line, () => {})
  }
}

interface Opening {
  readonly sources: SecretSources
  readonly options: SuiteOptions
  readonly call: Fetch
}

function open(
  provider: string,
  api: ApiDeclaration,
  forms: readonly KeyForm[],
  { sources, options, call }: Opening,
): { readonly sandbox: Sandbox } | { readonly why: string } {
  const lookUp = (name: string): string | undefined => lookUpSecret(provider, name, sources)?.secret.reveal()
  try {
    const authorization = authorizationFrom(provider, forms, lookUp)
    if ('missing' in authorization) return { why: missing(provider, authorization.missing) }
    const secrets = [...Object.values(authorization.headers), ...Object.values(authorization.query)]
    if (!options.allowLive && secrets.some((secret) => /(?:^|[ _-])live[_-]/i.test(secret.reveal())))
      return { why: 'its key is a live one: use that of a sandbox, or say allowLive' }
    const baseUrl = baseUrlOf(api, { provider, base: options.base, fromEnvironment: lookUp })
    return { sandbox: { provider, api, baseUrl, fetch: calling(api, baseUrl, authorization, call) } }
  } catch (error) {
    if (error instanceof SluiceError) return { why: error.message }
    throw error
  }
}

/** The first form of which every value is found; else the names that the usual one wants. */
function authorizationFrom(
  provider: string,
  forms: readonly KeyForm[],
  lookUp: (name: string) => string | undefined,
): Authorization | { readonly missing: readonly string[] } {
  let lacking: readonly string[] | undefined
  for (const form of forms) {
    const values = fieldsOf(form).map((field) => ({ field, name: nameOf(provider, field) }))
    const found = values.map(({ field, name }) => [field, lookUp(name)] as const)
    const absent = values.filter((_, at) => found[at]?.[1] === undefined)
    if (absent.length === 0)
      return authorizationOf(form, Object.fromEntries(found.map(([field, value]) => [field, value ?? ''])))
    lacking ??= absent.map(({ name }) => name)
  }
  return { missing: lacking ?? [] }
}

/** `key` of `stripe` is `STRIPE_API_KEY`, `accountSid` of `twilio` is `TWILIO_ACCOUNT_SID`. */
const nameOf = (provider: string, field: string): string =>
  `${shout(provider)}_${field === 'key' ? 'API_KEY' : field.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase()}`

const missing = (provider: string, names: readonly string[]): string =>
  `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} not set: looked in the environment, .env and ` +
  names.map((name) => `~/.config/${provider}/${secretFileName(provider, name)}`).join(', ')

function calling(api: ApiDeclaration, base: string, { headers, query }: Authorization, call: Fetch): Fetch {
  const address = { base, origins: new Set([new URL(base).origin]), trusted: false }
  return async (input, init) => {
    const { request, redirect, signal } = await readRequest(input, init, api, address)
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value.reveal())
    for (const [name, value] of Object.entries(query)) request.url.searchParams.set(name, value.reveal())
    const { method, url, body } = request
    return call(url, {
      method,
      headers: request.headers,
      redirect,
      signal,
      ...(body && { body: new Uint8Array(body) }),
    })
  }
}
