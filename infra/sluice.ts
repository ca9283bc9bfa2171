import type { Code } from 'aws-cdk-lib/aws-lambda'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { SluiceConfig } from '#lib/config/define-config.ts'
import { env } from '#lib/config/names.ts'
import { parseConfig, type ParsedConfig } from '#lib/config/parse-config.ts'
import { checkPlan, checkStage, pollers } from './checks.ts'
import { codeWith } from './code.ts'
import { adminSecret } from './constructs/admin-secret.ts'
import { Alarms } from './constructs/alarms.ts'
import { Buffer } from './constructs/buffer.ts'
import { Bus } from './constructs/bus.ts'
import { Control } from './constructs/control.ts'
import { Dashboard } from './constructs/dashboard.ts'
import { FrontDoor } from './constructs/front-door.ts'
import { GatewayFunction } from './constructs/gateway-function.ts'
import { Ledger } from './constructs/ledger.ts'
import { Objects } from './constructs/objects.ts'
import { lendReplaying, lendReplays } from './constructs/replaying.ts'
import { Schedule } from './constructs/schedule.ts'
import { lendMetrics } from './constructs/watched.ts'
import { Vault } from './constructs/vault.ts'
import { plan as defaultPlan, type FunctionName, type Plan } from './plan.ts'

export interface SluiceProps {
  /** What `sluice.config.ts` exports. */
  readonly config: SluiceConfig
  /** `prod`, …: part of the names of secrets and bus, so several can share an account. Default `dev`. */
  readonly stage?: string
  /** The file that exports `config`: the handlers are bundled from it. Default: `sluice.config.ts` in the working directory. */
  readonly configFile?: string
  /** Where each function's code is. Default: `dist/{name}` in the repository, as `npm run build` leaves it; else bundled anew. */
  readonly code?: (name: FunctionName) => Code
  readonly plan?: Plan
}

type Settled = Required<Pick<SluiceProps, 'stage' | 'code'>>

/**
 * The whole gateway, to put into any stack. Stateful parts are kept when it is removed.
 * @throws SluiceError `MISCONFIGURED` when the config has faults; Error when the plan breaks a relation it must keep.
 */
export class Sluice extends Construct {
  readonly url: string
  readonly ledger: Ledger
  readonly control: Control
  readonly vault: Vault
  readonly buffer: Buffer
  readonly objects: Objects
  readonly bus: Bus
  /** Holds the token of the API and the console. */
  readonly adminSecret: Secret
  readonly alarms: Alarms
  readonly functions = new Map<FunctionName, GatewayFunction>()

  constructor(scope: Construct, id: string, given: SluiceProps) {
    super(scope, id)
    const plan = given.plan ?? defaultPlan
    const config = parseConfig(given.config)
    const { stage = 'dev', code = codeWith(this, config, given.configFile) } = given
    const props: Settled = { stage: checkStage(stage), code }
    checkPlan({ ...plan, maxAttempts: config.maxAttempts }, config.concurrency)

    this.ledger = new Ledger(this, 'Ledger')
    this.control = new Control(this, 'Control')
    this.vault = new Vault(this, 'Vault')
    this.buffer = new Buffer(this, 'Buffer', plan)
    this.objects = new Objects(this, 'Objects', plan)
    this.bus = new Bus(this, 'Bus', props)
    this.adminSecret = adminSecret(this)

    for (const { id: endpoint, bus } of config.endpoints)
      if (bus) this.buffer.takeFromBus(`From-${endpoint}`, bus)

    const make = functionMaker(this, props, config, plan)
    const webhook = make('webhook', 'Takes webhooks: verifies, stores, acknowledges')
    const admin = make('admin', 'Serves the API, the console and the health check')
    this.#lendToWebhook(webhook, props)
    this.#lendToWorker(make('worker', 'Runs the handlers for each event, once'), config, props)
    this.#lendToSweeper(make('sweeper', 'Puts spilled events back, collects dead letters'), config, plan)
    this.#lendToAdmin(admin)
    const oauth = make('oauth', 'Connects accounts: takes browsers to providers and back')
    this.#lendToOAuth(oauth, props)
    this.#lendToRefresher(make('refresher', 'Refreshes tokens ahead of their use'), config, props, plan)
    const proxy = make('proxy', 'Calls providers by connections, for those outside')
    this.#lendToProxy(proxy, config, props)
    const poller = make('poller', 'Reads what providers list, as the net under lost webhooks')
    this.#lendToPoller(poller, config, props, plan)
    const { throttle } = plan
    this.url = new FrontDoor(this, 'FrontDoor', { webhook, admin, oauth, proxy, throttle }).url
    // Where channels lead to.
    poller.setEnv({ [env.publicUrl]: this.url })
    for (const fn of [admin, oauth])
      fn.setEnv({ [env.publicUrl]: this.url, [env.returnTo]: config.returnTo.join(' ') })
    if (config.oidc)
      for (const fn of [admin, proxy]) fn.setEnv({ [env.adminOidc]: JSON.stringify(config.oidc) })
    const watched = { stage: props.stage, functions: this.functions, buffer: this.buffer }
    this.alarms = new Alarms(this, 'Alarms', { ...watched, email: config.alarms.email })
    new Dashboard(this, 'Dashboard', watched)
  }

  /** No table and no key: taking a webhook must not depend on either. */
  #lendToWebhook(fn: GatewayFunction, { stage }: Settled): void {
    this.buffer.lendSending(fn, 'events')
    this.objects.lend(fn, 'bodies', ['write'])
    this.objects.lend(fn, 'spill', ['write'])
    fn.lendSecrets(stage)
  }

  #lendToWorker(fn: GatewayFunction, config: ParsedConfig, { stage }: Settled): void {
    const { events, bulk } = pollers(config.concurrency)
    this.buffer.lendReceiving(fn, 'events', events)
    this.buffer.lendReceiving(fn, 'bulk', bulk)
    // An element that must wait leaves its batch as a message of its own; an event that is a hint asks for polls.
    this.buffer.lendSending(fn, 'events')
    this.buffer.lendSending(fn, 'polls')
    this.ledger.lendClaims(fn)
    this.objects.lend(fn, 'bodies', ['read'])
    this.objects.lend(fn, 'archive', ['write'])
    this.objects.lendListing(fn)
    if (config.eventBus) this.bus.lendTo(fn)
    this.#lendCalls(fn, stage)
    fn.setEnv({
      ...config.environment,
      [env.eventBus]: this.bus.bus.eventBusName,
      [env.eventBusEnabled]: String(config.eventBus),
      [env.maxAttempts]: String(config.maxAttempts),
    })
  }

  /** May call providers by connections: open and refresh their credentials, and share limits and breakers. */
  #lendCalls(fn: GatewayFunction, stage: string): void {
    this.vault.lendTokens(fn)
    this.vault.lendFinding(fn)
    this.control.lendLimits(fn)
    this.objects.lend(fn, 'escrow', ['read', 'write', 'delete'])
    fn.lendSecrets(stage)
  }

  #lendToSweeper(fn: GatewayFunction, config: ParsedConfig, plan: Plan): void {
    this.objects.lend(fn, 'spill', ['read', 'delete'])
    this.objects.lend(fn, 'bodies', ['read'])
    this.objects.lend(fn, 'archive', ['write'])
    this.objects.lendListing(fn)
    this.buffer.lendSending(fn, 'events')
    this.buffer.lendDeadLetters(fn)
    this.ledger.lendClaims(fn)
    lendReplaying(fn, this, pollers(config.concurrency).replays)
    new Schedule(this, 'Sweep', { periodMs: plan.sweepPeriod, start: fn, control: this.control })
  }

  #lendToOAuth(fn: GatewayFunction, { stage }: Settled): void {
    this.vault.lendTokens(fn)
    this.control.lendFlows(fn)
    fn.lendSecrets(stage)
  }

  #lendToRefresher(fn: GatewayFunction, config: ParsedConfig, { stage }: Settled, plan: Plan): void {
    this.vault.lendTokens(fn)
    this.vault.lendDue(fn)
    this.vault.lendKeyCare(fn)
    this.vault.lendEnding(fn)
    fn.setEnv(config.providerEnvironment)
    // News of connections are events, for the handlers.
    this.buffer.lendSending(fn, 'events')
    this.objects.lend(fn, 'escrow', ['read', 'write', 'delete'])
    this.objects.lendListing(fn)
    fn.lendSecrets(stage)
    new Schedule(this, 'Refresh', { periodMs: plan.refreshPeriod, start: fn, control: this.control })
  }

  #lendToAdmin(fn: GatewayFunction): void {
    this.ledger.lendHistory(fn)
    this.control.lendTo(fn)
    this.control.lendMissed(fn)
    this.control.lendCare(fn)
    this.vault.lendList(fn)
    this.vault.lendSealing(fn)
    this.buffer.lendSending(fn, 'bulk')
    this.buffer.lendSending(fn, 'polls')
    this.buffer.lendAsking(fn)
    this.buffer.lendSending(fn, 'backfills')
    this.vault.lendBackfills(fn)
    lendReplays(fn, this)
    this.objects.lend(fn, 'bodies', ['read'])
    this.objects.lend(fn, 'archive', ['read'])
    this.objects.lendListing(fn)
    lendMetrics(fn)
    this.#lendAdminToken(fn)
  }

  #lendToProxy(fn: GatewayFunction, config: ParsedConfig, { stage }: Settled): void {
    this.#lendCalls(fn, stage)
    // News of connections are events, for the handlers.
    this.buffer.lendSending(fn, 'events')
    this.objects.lendListing(fn)
    this.#lendAdminToken(fn)
    fn.setEnv(config.providerEnvironment)
  }

  #lendToPoller(fn: GatewayFunction, config: ParsedConfig, { stage }: Settled, plan: Plan): void {
    this.#lendCalls(fn, stage)
    this.vault.lendPolls(fn)
    this.control.lendSightings(fn)
    this.buffer.lendReceiving(fn, 'polls', pollers(config.concurrency).polls)
    this.buffer.lendSending(fn, 'polls')
    this.buffer.lendReceiving(fn, 'backfills', pollers(config.concurrency).backfills)
    this.buffer.lendSending(fn, 'backfills')
    // What a backfill finds may delay replays, and nothing that is new.
    this.buffer.lendSending(fn, 'bulk')
    // What is found is an event like any other; large bodies go to the bucket first.
    this.buffer.lendSending(fn, 'events')
    this.objects.lend(fn, 'bodies', ['write'])
    this.objects.lendListing(fn)
    fn.setEnv(config.providerEnvironment)
    new Schedule(this, 'Poll', { periodMs: plan.pollPeriod, start: fn, control: this.control })
  }

  #lendAdminToken(fn: GatewayFunction): void {
    fn.permit({
      actions: ['secretsmanager:GetSecretValue'],
      resources: [this.adminSecret.secretArn],
    })
    fn.setEnv({ [env.adminSecret]: this.adminSecret.secretArn })
  }
}

function functionMaker(scope: Sluice, props: Settled, config: ParsedConfig, plan: Plan) {
  return (name: FunctionName, description: string): GatewayFunction => {
    const fn = new GatewayFunction(scope, `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, {
      name,
      description,
      code: props.code(name),
      stage: props.stage,
      timeoutMs: plan.timeouts[name],
      memoryMb: plan.memoryMb[name],
      reservedConcurrency: config.concurrency.reserved?.[name],
    })
    scope.functions.set(name, fn)
    return fn
  }
}
