import { describeError } from '#lib/errors/sluice-error.ts'
import { shout } from '#lib/config/names.ts'
import type { KeySource, Provider, ValueSource } from '#lib/providers/provider.ts'
import type { AnyScheme, Scheme } from '#lib/providers/scheme.ts'
import { cases, type Given } from './cases.ts'
import { newSender } from './sender.ts'

/** How one case ended. The reason says why it failed, or why there is nothing to try. */
export interface Result {
  readonly name: string
  readonly outcome: 'pass' | 'fail' | 'not applicable'
  readonly reason?: string
}

/** One provider by one of the schemes it may send by. */
export interface Report {
  readonly provider: string
  readonly displayName: string
  readonly address: string
  readonly scheme: string
  readonly secretName: string
  readonly deliveryKey: string
  readonly checkedOn: string
  readonly results: readonly Result[]
}

/** Runs every case over a provider, once for each scheme it may send by. A provider without webhooks has no report. */
export async function testProvider(provider: Provider): Promise<Report[]> {
  const declaration = provider.webhooks
  if (!declaration) return []
  const reports: Report[] = []
  for (const scheme of alternatives(declaration.scheme)) {
    reports.push({
      provider: provider.id,
      displayName: provider.displayName,
      address: `/webhooks/${provider.id}`,
      scheme: schemeText(scheme),
      secretName: `${shout(provider.id)}_${declaration.secretSuffix ?? 'WEBHOOK_SECRET'}`,
      deliveryKey: keyText(provider),
      checkedOn: provider.checkedOn,
      results: await resultsOf(provider, scheme),
    })
  }
  return reports
}

async function resultsOf(provider: Provider, scheme: Exclude<Scheme, AnyScheme>): Promise<Result[]> {
  const [sender, successor, stranger] = await Promise.all([1, 2, 3].map((n) => newSender(scheme, n)))
  const declaration = provider.webhooks
  if (!declaration || !sender || !successor || !stranger) return []
  const results: Result[] = []
  for (const { name, run } of cases) {
    results.push({ name, ...(await tried(run, { provider, declaration, sender, successor, stranger })) })
  }
  return results
}

async function tried(run: (typeof cases)[number]['run'], given: Given): Promise<Omit<Result, 'name'>> {
  try {
    const outcome = await run(given)
    if (!outcome) return { outcome: 'pass' }
    return 'failed' in outcome
      ? { outcome: 'fail', reason: outcome.failed }
      : { outcome: 'not applicable', reason: outcome.notApplicable }
  } catch (error) {
    return { outcome: 'fail', reason: describeError(error) }
  }
}

const alternatives = (scheme: Scheme): readonly Exclude<Scheme, AnyScheme>[] =>
  scheme.kind === 'any' ? scheme.of : [scheme]

function schemeText(scheme: Exclude<Scheme, AnyScheme>): string {
  if (scheme.kind === 'hmac') return `hmac ${scheme.algorithm}`
  return scheme.kind === 'token' && scheme.prefix ? `token after \`${scheme.prefix.trim()}\`` : scheme.kind
}

function keyText({ webhooks }: Provider): string {
  const { deliveryKey = [], batches = [] } = webhooks ?? {}
  const own = [...deliveryKey.map(sourceText), 'SHA-256 of the body'].join(', else ')
  const elements = batches.flatMap((batch) => batch.deliveryKey.map(sourceText))
  return elements.length === 0 ? own : `${own}; of an element: ${[...new Set(elements)].join(', else ')}`
}

const sourceText = (source: KeySource): string => [source].flat().map(partText).join(' + ')

function partText(part: ValueSource): string {
  if ('header' in part) return part.header
  if ('form' in part) return `${part.form}${part.pointer ?? ''}`
  if ('inside' in part) return `inside ${part.inside}`
  return 'outer' in part ? `outer ${part.outer}` : part.pointer
}
