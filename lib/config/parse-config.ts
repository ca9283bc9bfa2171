import * as z from 'zod/mini'
import { findProvider, providers } from '../providers/catalog.ts'
import type { HmacScheme } from '../providers/scheme.ts'
import type { Handler } from '../processing/handler.ts'
import type { Endpoint } from '../webhooks/directory.ts'
import { retry, ingest } from './defaults.ts'
import type { ConcurrencyConfig, EndpointConfig, PollConfig, SubscriptionConfig } from './define-config.ts'
import {
  addressFaults,
  busFaults,
  keyFaults,
  repeatedEndpoints,
  repeatedHandlers,
  schemeFaults,
  type Fault,
} from './config-faults.ts'
import { concurrencySchema } from './concurrency.ts'
import { id, text, whole } from './fields.ts'
import { misconfigured } from './misconfigured.ts'
import { shout, webhookSecretName } from './names.ts'
import { pollSchema, streamFaults } from './polls.ts'
import { subscriptionFaults, subscriptionSchema } from './subscriptions.ts'
import { compileOidc, oidcSchema, type Oidc } from './oidc.ts'

/** `sluice.config.ts` with every default filled in, ready for the build, the template and the worker. */
export interface ParsedConfig {
  readonly endpoints: readonly Endpoint[]
  readonly handlers: readonly Handler[]
  readonly eventBus: boolean
  readonly maxAttempts: number
  readonly environment: Readonly<Record<string, string>>
  /** What of {@link environment} tells of a provider: `{PROVIDER}_BASE_URL`, `{PROVIDER}_{PARAM}`. */
  readonly providerEnvironment: Readonly<Record<string, string>>
  /** What is read from providers, in the order of the config. */
  readonly polls: readonly PollConfig[]
  /** What of webhooks is looked after, in the order of the config. */
  readonly subscriptions: readonly SubscriptionConfig[]
  readonly concurrency: ConcurrencyConfig
  /** Where browsers may be sent after they have connected. */
  readonly returnTo: readonly string[]
  /** Whose tokens open the admin API, beside the admin token. */
  readonly oidc: Oidc | undefined
  /** Who is told of alarms. */
  readonly alarms: { readonly email: string | undefined }
}

const header = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9_-]*$/, { error: 'must be a header name in lower case' }))
const unit = z.enum(['s', 'ms'])

const scheme = z.strictObject({
  kind: z.literal('hmac'),
  algorithm: z.enum(['sha1', 'sha256', 'sha512']),
  key: z.strictObject({ encoding: z.enum(['utf8', 'base64']), prefix: z.optional(z.string()) }),
  signature: z.strictObject({
    header,
    encoding: z.enum(['hex', 'base64', 'base64url']),
    format: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('plain'), prefix: z.optional(z.string()) }),
      z.strictObject({ kind: z.literal('pairs'), separator: text(), key: text() }),
      z.strictObject({ kind: z.literal('list'), separator: text(), prefix: z.string() }),
    ]),
  }),
  signed: z.array(text()),
  timestamp: z.optional(z.union([z.strictObject({ header, unit }), z.strictObject({ key: text(), unit })])),
  id: z.optional(z.strictObject({ header })),
  aliases: z.optional(z.array(z.strictObject({ from: header, to: header }))),
})

const pointer = z
  .string()
  .check(z.regex(/^(\/([^~/]|~[01])*)+$/, { error: 'must be a JSON pointer such as /data/id' }))
const source = z.union([
  z.strictObject({ pointer }),
  z.strictObject({ header }),
  z.strictObject({ form: text(), pointer: z.optional(pointer) }),
])

const senders = providers.filter(({ webhooks }) => webhooks).map((provider) => provider.id)

const endpoint = z.strictObject({
  provider: z.string().check(
    z.refine((value) => findProvider(value)?.webhooks !== undefined, {
      error: `must be a provider that sends webhooks: ${senders.join(', ')}`,
    }),
  ),
  id: z.optional(id),
  tenant: z.optional(id),
  tenants: z.optional(z.record(text(), id)),
  scheme: z.optional(scheme),
  deliveryKey: z.optional(z.array(source)),
  publicUrl: z.optional(
    z.string().check(
      z.regex(/^https:\/\/[a-z0-9.-]+(:\d+)?(\/[^?#]*[^/?#])?$/, {
        error: 'must be an address such as https://hooks.example.com',
      }),
    ),
  ),
  bus: z.optional(
    z.strictObject({
      name: z.optional(z.string().check(z.regex(/^[A-Za-z0-9._/-]{1,256}$/))),
      source: z.optional(z.string().check(z.regex(/^[A-Za-z0-9._/-]{1,256}$/))),
      detailTypes: z.optional(z.array(text())),
      detail: z.optional(z.record(z.string(), z.unknown())),
    }),
  ),
  maxBodyBytes: z.optional(whole(1, ingest.maxBodyBytes)),
})

const schema = z.strictObject({
  endpoints: z
    .array(endpoint)
    .check(z.minLength(1, { error: "must name at least one, such as { provider: 'stripe' }" })),
  handlers: z.optional(
    z.array(z.custom<Handler>(isHandler, { error: 'must be made by on(pattern, handler)' })),
  ),
  eventBus: z.optional(z.boolean()),
  retry: z.optional(z.strictObject({ maxAttempts: z.optional(whole(1, 50)) })),
  environment: z.optional(
    z.record(z.string().check(z.regex(/^(?!SLUICE_|AWS_|LAMBDA_)[A-Za-z]\w*$/)), z.string()),
  ),
  polls: z.optional(z.array(pollSchema)),
  subscriptions: z.optional(z.array(subscriptionSchema)),
  connect: z.optional(
    z.strictObject({
      returnTo: z.array(
        z.string().check(
          z.refine((value) => isReturnEntry(value), {
            error: 'must be an address such as https://app.example.com/settings/, without query',
          }),
        ),
      ),
    }),
  ),
  admin: z.optional(z.strictObject({ oidc: z.optional(oidcSchema) })),
  concurrency: z.optional(concurrencySchema),
  alarms: z.optional(z.strictObject({ email: z.optional(z.email()) })),
})

/**
 * Checks what `sluice.config.ts` exports and compiles it. Every fault is reported at once, each with its path and what
 * to write instead.
 * @throws SluiceError `MISCONFIGURED`
 */
export function parseConfig(config: unknown): ParsedConfig {
  const result = schema.safeParse(config)
  if (!result.success) throw misconfigured(result.error.issues.map(sentence))
  const parsed = result.data
  const endpoints = (parsed.endpoints as EndpointConfig[]).map(compile)
  const handlers = parsed.handlers ?? []
  const polls = (parsed.polls ?? []) as readonly PollConfig[]
  const subscriptions = (parsed.subscriptions ?? []) as readonly SubscriptionConfig[]
  const faults = [
    ...schemeFaults(parsed.endpoints as EndpointConfig[]),
    ...keyFaults(parsed.endpoints as EndpointConfig[]),
    ...addressFaults(parsed.endpoints as EndpointConfig[]),
    ...busFaults(endpoints),
    ...repeatedEndpoints(endpoints),
    ...repeatedHandlers(handlers),
    ...streamFaults(polls),
    ...subscriptionFaults(subscriptions, parsed.endpoints as EndpointConfig[]),
  ]
  if (faults.length > 0) throw misconfigured(faults)
  return {
    endpoints,
    handlers,
    eventBus: parsed.eventBus ?? true,
    maxAttempts: parsed.retry?.maxAttempts ?? retry.maxAttempts,
    environment: parsed.environment ?? {},
    providerEnvironment: ofProviders(parsed.environment ?? {}),
    polls,
    subscriptions,
    concurrency: (parsed.concurrency ?? {}) as ConcurrencyConfig,
    returnTo: parsed.connect?.returnTo ?? [],
    oidc: parsed.admin?.oidc && compileOidc(parsed.admin.oidc),
    alarms: { email: parsed.alarms?.email },
  }
}

const ofProviders = (environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) =>
      providers.some(({ id: provider }) => name.startsWith(`${shout(provider)}_`)),
    ),
  )

function compile(config: EndpointConfig): Endpoint {
  const endpointId = config.id ?? config.provider
  return {
    id: endpointId,
    provider: config.provider,
    tenant: config.tenant ?? 'default',
    secretName: webhookSecretName(
      config.provider,
      endpointId,
      findProvider(config.provider)?.webhooks?.secretSuffix,
    ),
    ...(config.scheme && { scheme: config.scheme satisfies HmacScheme }),
    ...(config.deliveryKey && { deliveryKey: config.deliveryKey }),
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
    ...(config.tenants && { tenants: config.tenants }),
    ...(config.bus && {
      bus: {
        ...config.bus,
        name: config.bus.name ?? 'default',
        source: config.bus.source ?? findProvider(config.provider)?.webhooks?.bus?.sources[0] ?? '',
      },
    }),
    maxBodyBytes: config.maxBodyBytes ?? ingest.maxBodyBytes,
  }
}

/** What an issue asks for, in words; the schema's own `error` texts come as they are. */
function sentence(issue: z.core.$ZodIssue): Fault {
  const { path, message } = issue
  if (issue.code === 'unrecognized_keys')
    return { path, message: `has no field ${issue.keys.map((key) => `"${key}"`).join(' or ')}; remove it` }
  if (message !== 'Invalid input') return { path, message }
  if (issue.code === 'invalid_value') return { path, message: `must be one of ${issue.values.join(', ')}` }
  if (issue.code === 'invalid_type') return { path, message: `must be of type ${issue.expected}` }
  return { path, message: 'has a form that is not known here' }
}

/** An address as browsers spell it, so that it can be compared letter by letter. */
function isReturnEntry(value: string): boolean {
  const url = URL.parse(value)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost')
  return isSafe && url?.href === value && url.search === '' && url.hash === ''
}

function isHandler(value: unknown): boolean {
  const { pattern, name, run, matches } = (value ?? {}) as Partial<Handler>
  return (
    typeof pattern === 'string' &&
    typeof name === 'string' &&
    typeof run === 'function' &&
    typeof matches === 'function'
  )
}
