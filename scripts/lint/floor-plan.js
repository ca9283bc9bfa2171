/**
 * The floor plan: which room may use which. A room is a folder of `lib/`, or `functions`, `infra`, `cli`.
 * This table is the plan; the rule below only reads it.
 */
const base = ['primitives', 'errors', 'config', 'telemetry', 'http']

/** Rooms that a room's flows and ports may import, besides itself. */
const mayUse = {
  primitives: [],
  errors: ['primitives'],
  config: ['primitives', 'errors', 'providers', 'processing/handler', 'webhooks/directory'],
  telemetry: ['primitives', 'errors', 'config'],
  http: ['primitives', 'errors', 'config', 'telemetry'],
  aws: ['primitives', 'errors', 'config'],
  providers: [],
  access: base,
  vault: base,
  buffer: base,
  idempotency: base,
  facts: [...base, 'providers'],
  webhooks: [...base, 'providers', 'facts', 'buffer'],
  oauth: [...base, 'providers', 'vault'],
  outbound: [...base, 'providers', 'vault', 'oauth'],
  polling: [...base, 'providers', 'facts', 'buffer', 'outbound'],
  processing: [...base, 'providers', 'facts', 'buffer', 'idempotency', 'outbound', 'polling/sightings'],
  testing: [...base, 'providers', 'outbound', 'processing', 'webhooks/schemes', 'oauth/key-forms'],
  admin: [...base, 'access', 'providers', 'facts', 'buffer', 'idempotency', 'processing', 'vault', 'polling'],
}

/** An adapter is `port.vendor.ts`: the only door to that vendor, and it knows no flow. */
const vendors = 'dynamo|sqs|s3|kms|cloudwatch|secretsmanager|eventbridge|https|file|stdout'
const adapter = new RegExp(`\\.(${vendors})\\.tsx?$`)
const adapterMayUse = ['primitives', 'errors', 'config', 'telemetry', 'aws']

/** What `infra/` may read of the program; `infra/local` and `cli` start and inspect it, so they may read more. */
const infraMayUse = /^lib\/config\//
const localMayUse = /^lib\/(config|primitives|errors|admin\/login-link)(\/|\.ts$)/

/** What handlers are written with. */
const handlersMayUse =
  /^lib\/(processing\/handler|errors\/api-error|polling\/version-gate|outbound\/(adapters\/[\w.-]+|operations\/[\w.-]+|paginate|lines|graphql|graphql-pages|sse|websocket|update|whole|find-deleted))\.ts$/

/** `lib/webhooks/verify.ts` -> `{ area: 'lib', room: 'webhooks' }` */
function placeOf(path) {
  const [area, room = ''] = path.split('/')
  return { area, room: path.split('/').length > 2 ? room : '' }
}

const named = (list, target) =>
  list.some((entry) => target === `lib/${entry}.ts` || target.startsWith(`lib/${entry}/`))

/**
 * Why `from` may not import `to` (both relative to the repository), or `undefined` when it may.
 * Packages are named as they are imported.
 */
export function objection(from, to) {
  // An app of its own knows Sluice by its package.
  if (from.startsWith('examples/'))
    return to.startsWith('examples/') || !/^(lib|functions|infra)\//.test(to)
      ? undefined
      : 'an example takes Sluice from its package, as everyone else does'
  const here = placeOf(from)
  const there = placeOf(to)
  const isPackage = !/^(lib|functions|infra|cli|test|handlers|scripts|bench)\/|^sluice\.config/.test(to)
  if (isPackage) return packageObjection(from, here, to)
  if (here.area === 'lib') return libObjection(from, here, to, there)
  if (here.area === 'functions') return functionObjection(from, here, to, there)
  if (here.area === 'infra') return infraObjection(from, to, there)
  if (here.area === 'handlers' && there.area === 'lib' && !handlersMayUse.test(to))
    return 'handlers see the public API alone: lib/processing/handler.ts, adapters, operations and readers'
  if (here.area === 'cli' && (there.area === 'functions' || there.area === 'infra'))
    return 'the CLI talks to a deployment, it does not reach into functions or infra'
  return undefined
}

function packageObjection(from, here, name) {
  const vendorSdk = name.startsWith('@aws-sdk/') || name.startsWith('@smithy/')
  if (here.area === 'lib' && here.room === 'primitives' && !name.startsWith('node:'))
    return 'primitives know node: and themselves, nothing else'
  if (here.area === 'lib' && here.room === 'providers') return 'a provider is pure data and imports nothing'
  if (vendorSdk && here.area === 'lib' && here.room !== 'aws' && !adapter.test(from))
    return 'only adapters (port.vendor.ts) and lib/aws know an AWS SDK'
  if (vendorSdk && here.area === 'functions')
    return 'functions reach AWS through adapters, never by themselves'
  if (/^(aws-cdk-lib|constructs)/.test(name) && here.area !== 'infra' && here.area !== 'test')
    return 'only infra knows CDK'
  if (name === 'zod') return "import * as z from 'zod/mini': the full package is 20 times larger"
  return undefined
}

function libObjection(from, here, to, there) {
  if (there.area !== 'lib') return `lib must not know ${there.area}`
  if (here.room === there.room) {
    return adapter.test(to) && !adapter.test(from) ? 'flows and ports do not know adapters' : undefined
  }
  if (adapter.test(to)) return 'an adapter is chosen in a compose.ts, nowhere else'
  const allowed = adapter.test(from) ? adapterMayUse : mayUse[here.room]
  if (!allowed) return `lib/${here.room} is no room of the floor plan`
  return named(allowed, to) ? undefined : `lib/${here.room} may not use ${to.replace(/\.tsx?$/, '')}`
}

const composes = /\/compose(-[a-z]+)?\.ts$/

function functionObjection(from, here, to, there) {
  if (named(['testing'], to)) return "lib/testing is for users' tests: no function may carry it"
  const compose = composes.test(from)
  if (there.area === 'functions') {
    if (here.room !== there.room && there.room !== 'common') return 'functions do not know each other'
    // What several functions have alike is in functions/common.
    return there.room === 'common' && composes.test(to) && !compose
      ? 'what is composed in functions/common is for a compose.ts'
      : undefined
  }
  if (there.area === 'infra' || there.area === 'cli') return `a function must not know ${there.area}`
  if (to.startsWith('sluice.config')) return compose ? undefined : 'only compose.ts reads the config'
  if (compose) return undefined
  if (adapter.test(to) || named(['aws'], to)) return 'adapters are chosen in compose.ts'
  if (named(['config'], to) && !/config\/(names|defaults)\.ts$/.test(to))
    return 'only compose.ts reads the environment'
  return undefined
}

function infraObjection(from, to, there) {
  if (there.area === 'functions' || there.area === 'cli')
    return 'infra names functions by their bundle, it does not import them'
  if (there.area !== 'lib') return undefined
  const allowed = from.startsWith('infra/local/') ? localMayUse : infraMayUse
  return allowed.test(to) ? undefined : 'infra may read lib/config, nothing else of lib'
}
