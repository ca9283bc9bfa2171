import type { Provider } from '#lib/providers/provider.ts'
import { apiDocument } from './api-document.ts'
import { cases } from './cases.ts'
import { pollDocument } from './poll-document.ts'
import type { Report, Result } from './run.ts'
import { table } from './table.ts'

const marks = { pass: 'pass', fail: '**fail**', 'not applicable': '-' } as const

/** The tables of `docs/providers.md`. Says nothing that differs between two runs of the same code. */
export function providersDocument(reports: readonly Report[], providers: readonly Provider[]): string {
  return [
    '# Providers',
    '',
    'Written by `sluice provider test --all --write docs/providers.md`; a test holds this file equal to what that',
    'writes. Every line was run through the real webhook function, its store in memory and its clock standing still.',
    '',
    ...table(
      ['Provider', 'Address', 'Scheme', 'Secret', 'Delivery key', 'Checked on', 'Passed'],
      reports.map((report) => [
        report.displayName,
        `\`${report.address}\``,
        report.scheme,
        `\`${report.secretName}\``,
        report.deliveryKey,
        report.checkedOn,
        score(report.results),
      ]),
    ),
    '',
    ...apiDocument(providers),
    '',
    ...pollDocument(providers),
    '',
    '## Cases',
    '',
    '`-`: there is nothing to try; the reasons are below.',
    '',
    ...table(
      ['Case', ...reports.map(nameOf)],
      cases.map(({ name }, at) => [name, ...reports.map(({ results }) => markOf(results[at]))]),
    ),
    '',
    '## Why a case is not tried',
    '',
    ...reasons(reports).map((line) => `- ${line}`),
    '',
  ].join('\n')
}

export const nameOf = ({ provider, scheme }: Report): string => `${provider} (${scheme})`
const markOf = (result: Result | undefined): string => (result ? marks[result.outcome] : '-')

export function score(results: readonly Result[]): string {
  const tried = results.filter(({ outcome }) => outcome !== 'not applicable')
  return `${tried.filter(({ outcome }) => outcome === 'pass').length} of ${tried.length}`
}

function reasons(reports: readonly Report[]): string[] {
  const lines = reports.flatMap((report) => {
    const untried = report.results.filter(({ outcome }) => outcome === 'not applicable')
    const byReason = new Map<string, Result[]>()
    for (const result of untried) {
      const reason = result.reason ?? ''
      byReason.set(reason, [...(byReason.get(reason) ?? []), result])
    }
    return [...byReason].map(
      ([reason, own]) =>
        `${nameOf(report)}: ${own.length === report.results.length ? 'every case' : own.map(({ name }) => name).join(', ')}: ${reason}`,
    )
  })
  return lines.length > 0 ? lines : ['Every case was tried.']
}
