import * as z from 'zod/mini'
import { isSecureUrl } from '../primitives/secure-url.ts'
import { text } from './fields.ts'

/** Signatures that tokens of people may have. Only those whose keys are public in one half: no `none`, no HMAC. */
export const jwtAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const
export type JwtAlgorithm = (typeof jwtAlgorithms)[number]

/** Whose tokens open the admin API, and what they must say. */
export interface OidcConfig {
  /** `https://login.example.com/`, letter by letter as it stands in the tokens' `iss`. */
  readonly issuer: string
  /** What stands in the tokens' `aud`: the name that the issuer has for this API. */
  readonly audience: string
  /** Default: what the issuer's own metadata says. */
  readonly jwksUrl?: string
  /** Default `RS256`, `PS256`, `ES256`, `EdDSA`. A key that names no algorithm is used for the first that fits it. */
  readonly algorithms?: readonly JwtAlgorithm[]
  /** Claim with `viewer`, `operator` or `admin`, or a JSON pointer to it: `/realm_access/roles`. Default `roles`. */
  readonly rolesClaim?: string
  /** Claim with the tenants that the token is for, or a JSON pointer to it. Default: every token is for all. */
  readonly tenantsClaim?: string
  /** Scopes that every token must have. Default: none. */
  readonly requiredScopes?: readonly string[]
  /** Lets people sign in to the console at the issuer. Default: by login links alone. */
  readonly console?: ConsoleClientConfig
}

/** The console as the issuer knows it: a client for the authorization code with PKCE that comes back to `/console/callback`. */
export interface ConsoleClientConfig {
  readonly clientId: string
  /** Default `openid`. Some issuers tell roles only where they are asked for by a scope. */
  readonly scopes?: readonly string[]
  /** Default `none`: a public client. Otherwise the admin secret has `SLUICE_CONSOLE_CLIENT_SECRET` beside the admin token. */
  readonly clientAuth?: ConsoleClientAuth
}

export const consoleClientAuths = ['none', 'client_secret_basic', 'client_secret_post'] as const
export type ConsoleClientAuth = (typeof consoleClientAuths)[number]

/** {@link OidcConfig} with its defaults. Survives a JSON round trip. */
export interface Oidc {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl?: string
  readonly algorithms: readonly JwtAlgorithm[]
  readonly rolesClaim: string
  readonly tenantsClaim?: string
  readonly requiredScopes: readonly string[]
  readonly console?: ConsoleClient
}

/** {@link ConsoleClientConfig} with its defaults. */
export type ConsoleClient = Required<ConsoleClientConfig>

const usual: readonly JwtAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

const claim = z.string().check(
  z.refine((value) => value.length > 0 && (!value.startsWith('/') || /^(\/([^~/]|~[01])+)+$/.test(value)), {
    error: 'must be the name of a claim, or a JSON pointer such as /realm_access/roles',
  }),
)

const scope = z
  .string()
  .check(z.regex(/^[\u0021\u0023-\u005b\u005d-\u007e]+$/, { error: 'must be one scope, without blanks' }))

const consoleClient = z.strictObject({
  clientId: text(),
  scopes: z.optional(
    z.array(scope).check(z.refine((scopes) => scopes.includes('openid'), { error: 'must have openid' })),
  ),
  clientAuth: z.optional(
    z.enum(consoleClientAuths, { error: `must be one of ${consoleClientAuths.join(', ')}` }),
  ),
})

/** The part of the config as it is checked. */
export const oidcSchema = z
  .strictObject({
    issuer: z.string().check(
      z.refine((value) => isSecureUrl(value) && !/[?\s]/.test(value), {
        error: 'must be an https address such as https://login.example.com, without query',
      }),
    ),
    audience: text(),
    jwksUrl: z.optional(
      z
        .string()
        .check(
          z.refine(isSecureUrl, { error: 'must be an https address such as https://login.example.com/jwks' }),
        ),
    ),
    algorithms: z.optional(
      z
        .array(z.enum(jwtAlgorithms, { error: `must be one of ${jwtAlgorithms.join(', ')}` }))
        .check(z.minLength(1, { error: 'must name at least one, or be left out' })),
    ),
    rolesClaim: z.optional(claim),
    tenantsClaim: z.optional(claim),
    requiredScopes: z.optional(z.array(scope)),
    console: z.optional(consoleClient),
  })
  .check(
    // The API would take the console's ID tokens for access tokens.
    z.refine(({ audience, console }) => console?.clientId !== audience, {
      error: "must not be the API's audience",
      path: ['console', 'clientId'],
    }),
  )

/** Fills in the defaults. */
export const compileOidc = (config: z.infer<typeof oidcSchema>): Oidc => ({
  issuer: config.issuer,
  audience: config.audience,
  algorithms: config.algorithms ?? usual,
  rolesClaim: config.rolesClaim ?? 'roles',
  requiredScopes: config.requiredScopes ?? [],
  ...(config.jwksUrl !== undefined && { jwksUrl: config.jwksUrl }),
  ...(config.tenantsClaim !== undefined && { tenantsClaim: config.tenantsClaim }),
  ...(config.console && {
    console: {
      clientId: config.console.clientId,
      scopes: config.console.scopes ?? ['openid'],
      clientAuth: config.console.clientAuth ?? 'none',
    },
  }),
})
