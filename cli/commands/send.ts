import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { mapBounded } from '#lib/primitives/bulkhead.ts'
import { handshakeIn } from '#lib/webhooks/handshake.ts'
import { parseBody } from '#lib/facts/body.ts'
import { examples, headerText, outputFor, urlOption, whole, type Context } from '../context.ts'
import { findAddress, pathOf, type Address } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import type { Output } from '../output.ts'
import { courier, type Outcome } from '../send/courier.ts'
import { progressOf, type Progress } from '../progress.ts'
import { reportOf, reportText } from '../send/report.ts'
import { idOf, seededTime, signedHeaders, webhookAt, type Recipe } from '../send/webhook.ts'
import { signingSecret } from '../signing-secret.ts'
import { findTarget, localStack, type Target } from '../target.ts'
import { duration } from '../text.ts'

interface Options {
  readonly type?: string
  readonly count: number
  readonly file?: string
  readonly contentType?: string
  readonly seed?: number
  readonly endpoint?: string
  readonly concurrency: number
  readonly duplicate?: boolean
  readonly wait: number
  readonly url?: string
}

const largestSeed = 4_294_967_295

export function registerSend(program: Command, { io, end }: Context): void {
  program
    .command('send')
    .description('send correctly signed webhooks, as the provider would')
    .argument('<provider>', 'stripe, github, slack, standard-webhooks or hmac')
    .option(
      '-t, --type <type>',
      "the provider's name of the event, such as payment_intent.succeeded",
      headerText,
    )
    .option('-n, --count <n>', 'how many', whole(1, 1_000_000), 1)
    .option('-f, --file <path>', 'send the bytes of this file as the body (- reads standard input)')
    .option('--content-type <type>', 'of the file (default: application/json)', headerText)
    .option(
      '-s, --seed <n>',
      'the same seed sends the same events, byte for byte (default: others each time)',
      whole(0, largestSeed),
    )
    .option('-e, --endpoint <id>', "an endpoint of sluice.config.ts (default: the provider's own)")
    .option('-c, --concurrency <n>', 'how many at the same time', whole(1, 256), 8)
    .option('-d, --duplicate', 'send each one twice, as providers sometimes do')
    .option('-w, --wait <seconds>', 'how long to try again when Sluice does not answer', whole(0, 3_600), 60)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'send stripe',
        'send github --type pull_request.opened',
        'send stripe --count 200 --seed 7       # run it twice: the second time all are duplicates',
        'send hmac --file order.json --url https://sluice.example.com',
      ),
    )
    .action(async (provider: string, options: Options, command: Command) => {
      end(await send(provider, options, outputFor(command, io), io))
    })
}

async function send(provider: string, options: Options, output: Output, io: Io): Promise<number> {
  const address = await findAddress(io, provider, options.endpoint)
  const target = findTarget(io, options.url)
  const found = await signingSecret(address.endpoint, target, io)
  const recipe = await recipeOf(address, options, io)
  const progress = progressOf(io, { total: countOf(options), noun: 'webhook' }, output.paint)
  const started = io.clock.now()
  const outcomes = await sendAll({ address, target, recipe, secret: found.secret }, options, progress, io)
  progress.end()
  const facts = {
    provider,
    endpoint: address.endpoint.id,
    url: target.url + pathOf(address.endpoint),
    seed: recipe.seed,
    durationMs: io.clock.now() - started,
  }
  const report = reportOf(facts, outcomes)
  output.result(report, () => reportText(report, output))
  advise(report.failures, found.from, output)
  if (report.accepted > 0 && !output.asJson)
    output.note(output.paint('dim', 'What became of them: npx sluice events list'))
  return report.failed > 0 ? 1 : 0
}

interface Run {
  readonly address: Address
  readonly target: Target
  readonly recipe: Recipe
  readonly secret: Parameters<typeof signedHeaders>[2]
}

function sendAll(run: Run, options: Options, progress: Progress, io: Io): Promise<Outcome[]> {
  const { endpoint, declaration } = run.address
  const deliver = courier({
    io,
    address: () => currentUrl(run.target, io) + pathOf(endpoint),
    patienceMs: options.wait * 1_000,
    onOutage: ({ over, cause }) =>
      progress.note(over ? 'Sluice answers again' : waiting(cause, options.wait)),
  })
  const indexes = Array.from({ length: options.count }, (_, at) => at)
  const order = options.duplicate ? indexes.flatMap((at) => [at, at]) : indexes
  return mapBounded(order, options.concurrency, async (at) => {
    const webhook = webhookAt(run.recipe, at)
    let headers: Record<string, string> = {}
    const outcome = await deliver(() => {
      headers = signedHeaders(webhook, declaration.scheme, run.secret, io.clock.now())
      return { headers, body: webhook.body }
    })
    progress.advance(outcome.kind === 'accepted')
    if (outcome.kind !== 'accepted' || outcome.id !== undefined) return outcome
    const parsed = parseBody(webhook.body, declaration, { contentType: headers['content-type'] })
    if (handshakeIn(declaration.handshake, parsed) !== undefined) return outcome
    return { ...outcome, id: idOf({ body: webhook.body, headers }, endpoint, declaration) }
  })
}

/** A stack that was started again may have another port; while its file is being written, the old one has to do. */
function currentUrl(target: Target, io: Io): string {
  if (!target.stack) return target.url
  try {
    return localStack(io)?.url ?? target.url
  } catch {
    return target.url
  }
}

async function recipeOf({ endpoint }: Address, options: Options, io: Io): Promise<Recipe> {
  const { type, file, contentType, seed } = options
  const body = file === undefined ? undefined : await readBody(file, io)
  return {
    endpoint,
    seed: seed ?? Math.floor(Math.random() * largestSeed),
    at: seed === undefined ? io.clock.now() : seededTime,
    ...(type !== undefined && { type }),
    ...(body && { body }),
    ...(contentType !== undefined && { contentType }),
  }
}

async function readBody(file: string, io: Io): Promise<Uint8Array> {
  if (file === '-') return io.readInput()
  try {
    return readFileSync(resolve(io.cwd, file))
  } catch (error) {
    throw new Failure('unreadable_file', `${file} can not be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const countOf = ({ count, duplicate }: Options): number => (duplicate ? count * 2 : count)

const waiting = (cause: string, wait: number): string =>
  `Sluice does not take webhooks (${cause}); trying again for up to ${duration(wait * 1_000)}`

/** What a person should look at next, for the refusals that have one usual cause. */
function advise(failures: readonly { readonly code: string }[], secretFrom: string, output: Output): void {
  const advice: Readonly<Record<string, string>> = {
    invalid_signature: `It was signed with the secret from ${secretFrom}: is it the one that Sluice verifies with? A new one is read within 5 minutes.`,
    endpoint_misconfigured: 'Sluice has no usable secret for this endpoint: npx sluice secrets set --help',
    not_found: 'Sluice does not know this endpoint: start the stack again after changing sluice.config.ts',
    unreachable: 'Is the stack running? npm start',
  }
  for (const { code } of failures) {
    if (Object.hasOwn(advice, code)) output.note(advice[code] ?? '')
  }
}
