import { operations } from '#lib/admin/operations.ts'
import type { Diagnosis } from '#lib/admin/schemas-diagnosis.ts'
import { env } from '#lib/config/names.ts'
import { adminClient, type AdminClient } from '../admin-client.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import { causeOf } from '../network.ts'
import { findTarget, type Target } from '../target.ts'
import { plain } from '../text.ts'
import { checkClock } from './clock.ts'
import { fault, ok, unknown, warning, type Finding } from './finding.ts'

/** What could be reached, for the checks that come after. */
export interface Reached {
  readonly findings: readonly Finding[]
  readonly target?: Target
  readonly api?: AdminClient
  readonly diagnosis?: Diagnosis
  /** The ids of the server's operations. */
  readonly operations: ReadonlySet<string>
}

const timeoutMs = 15_000

/** Whether the target is there, well, of this version, and takes the token. */
export async function reach(io: Io, urlOption?: string): Promise<Reached> {
  const findings: Finding[] = []
  const nothing = { findings, operations: new Set<string>() }
  const target = findOne(io, urlOption)
  if (!('url' in target)) return { ...nothing, findings: [target] }
  const health = await checkHealth(io, target)
  findings.push(...health.findings)
  if (!health.isThere) return { ...nothing, target }
  const described = await describe(io, target)
  findings.push(described.finding)
  const asked = await ask(io, target)
  findings.push(asked.finding)
  return { ...asked, findings, target, operations: described.operations }
}

/** @throws Failure (usage) for an address that is none. */
function findOne(io: Io, urlOption: string | undefined): Target | Finding {
  try {
    return findTarget(io, urlOption)
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === 2) throw error
    const what = error.message.split(':')[0] ?? ''
    return fault('target', what, 'start the local stack with `npm start`, or name a deployment with --url')
  }
}

interface HealthAnswer {
  readonly status?: string
  readonly checks?: Readonly<Record<string, { readonly status: string }>>
}

async function checkHealth(io: Io, { url, stack }: Target) {
  const where = new URL(url)
  const isOpen = where.protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(where.hostname)
  if (isOpen) {
    const fix = `use its https address: --url https://${where.host}`
    return { isThere: false, findings: [fault('tls', `${where.origin} is not encrypted`, fix)] }
  }
  const askedAt = io.clock.now()
  const response = await get(io, `${url}/health`)
  if (response instanceof Error) return { isThere: false, findings: [unreachable(where, response, stack)] }
  const clock = checkClock(response.headers.get('date'), askedAt, io.clock.now())
  const document = (await response.json().catch(() => undefined)) as HealthAnswer | undefined
  if (document?.checks === undefined) {
    const found = `${url}/health answered ${response.status}, and not as a Sluice does`
    const fix = 'give --url the address that the output `Url` of the stack names'
    return { isThere: false, findings: [fault('reachable', found, fix)] }
  }
  const reachable = ok('reachable', stack ? `${url}, the stack on this machine` : url)
  return { isThere: true, findings: [reachable, clock, ...healthFindings(document.checks, stack)] }
}

const tlsCode = /CERT|TLS|SSL|SIGNATURE|ALTNAME/

function unreachable({ origin, host }: URL, error: Error, stack: Target['stack']): Finding {
  const cause = causeOf(error)
  if (tlsCode.test(cause))
    return fault(
      'tls',
      `the certificate of ${host} does not hold (${cause})`,
      'renew the certificate of the domain in ACM, or use the address that the output `Url` of the stack names',
    )
  const fix = stack
    ? 'start the stack again with `npm start`'
    : `look at the address: \`npx cdk deploy\` prints it as Url; then at DNS and proxies on the way to ${host}`
  return fault('reachable', `${origin} does not answer (${cause})`, fix)
}

const healthFix: Readonly<Record<string, string>> = {
  queue: 'look at the status page of AWS for SQS, and whether the queue `Events` of the stack is still there',
  ledger:
    'look at the status page of AWS for DynamoDB, and whether the table in the output LedgerTable is still there',
  bucket: 'look at the status page of AWS for S3, and whether the bucket in the output Bucket is still there',
}

const healthFindings = (
  checks: NonNullable<HealthAnswer['checks']>,
  stack: Target['stack'],
): readonly Finding[] =>
  Object.entries(checks).map(([name, { status }]) => {
    const check = `health ${plain(name)}`
    if (status === 'healthy') return ok(check, 'answers')
    const found = status === 'unknown' ? 'does not answer in time' : 'does not answer'
    const fix = stack ? 'start the stack again with `npm start`' : (healthFix[name] ?? 'see docs/runbook.md')
    return fault(check, found, fix)
  })

/** Compares the operations of the server with those that this command line knows. */
async function describe(io: Io, { url, stack }: Target) {
  const check = 'version'
  const response = await get(io, `${url}/openapi.json`)
  const document = response instanceof Error ? undefined : await response.json().catch(() => undefined)
  const paths = (document as { paths?: Record<string, Record<string, { operationId?: string }>> } | undefined)
    ?.paths
  if (!paths) {
    const fix = `open ${url}/openapi.json: a gateway of your own in between must let it through`
    return { operations: new Set<string>(), finding: unknown(check, '/openapi.json can not be read', fix) }
  }
  const theirs = new Set(
    Object.values(paths).flatMap((methods) =>
      Object.values(methods).flatMap((each) => each.operationId ?? []),
    ),
  )
  const missing = Object.keys(operations).filter((id) => !theirs.has(id))
  const older = stack
    ? 'stop the stack with Ctrl-C and start it again with `npm start`'
    : 'deploy again: `npx cdk deploy`'
  const finding =
    missing.length > 0
      ? warning(check, `the server is older than this checkout: it has no ${missing.join(', ')}`, older)
      : ok(check, 'the server has every operation of this checkout')
  return { operations: theirs, finding }
}

interface Asked {
  readonly finding: Finding
  readonly api?: AdminClient
  readonly diagnosis?: Diagnosis
}

const check = 'token'
const tokenFix = `set ${env.adminToken} to the value in the stack's output AdminSecret: \`aws secretsmanager get-secret-value --secret-id <AdminSecret>\``

async function ask(io: Io, target: Target): Promise<Asked> {
  try {
    const api = adminClient(io, target.url)
    const response = await api.request('/api/diagnosis', { headers: new Headers() }, timeoutMs)
    if (response.ok) {
      const diagnosis = (await response.json()) as Diagnosis
      return { api, diagnosis, finding: ok(check, `is taken, as ${plain(diagnosis.role)}`) }
    }
    return { api, finding: refused(response.status, target) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { finding: fault(check, error.message, tokenFix) }
  }
}

function refused(status: number, { stack }: Target): Finding {
  if (status === 401)
    return fault(check, 'is refused', stack ? 'start the stack again with `npm start`' : tokenFix)
  if (status === 403)
    return warning(
      check,
      'is taken, and may not see the whole deployment',
      'use a token with the role viewer for all tenants, or the admin token: what comes after is not known',
    )
  const found = `the diagnosis answered ${status}`
  if (status === 404) return unknown(check, found, 'deploy this version: `npx cdk deploy`')
  return fault(check, found, 'look at the log of the admin function for `a request could not be answered`')
}

async function get(io: Io, url: string): Promise<Response | Error> {
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)])
    return await io.fetch(url, { signal, redirect: 'error' })
  } catch (error) {
    if (io.signal.aborted) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}
