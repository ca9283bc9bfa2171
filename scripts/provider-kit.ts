import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import { nameOf, providersDocument, score } from './kit/document.ts'
import { testProvider, type Report } from './kit/run.ts'

/** Behind `sluice provider test`: every case over the named providers, or over all. Exit code 1 when one failed. */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, json: { type: 'boolean' }, write: { type: 'string' } },
})
const chosen = values.all ? providers : positionals.flatMap((id) => findProvider(id) ?? [])
const reports = (await Promise.all(chosen.map(testProvider))).flat()
const failed = reports.some(({ results }) => results.some(({ outcome }) => outcome === 'fail'))

if (values.write) writeFileSync(values.write, providersDocument(reports, providers))
process.stdout.write(values.json ? `${JSON.stringify({ items: reports }, undefined, 2)}\n` : text(reports))
process.exitCode = failed ? 1 : 0

function text(all: readonly Report[]): string {
  const lines = all.flatMap((report) => [
    `${nameOf(report)}: ${score(report.results)} passed`,
    ...report.results
      .filter(({ outcome }) => outcome !== 'pass')
      .map(({ name, outcome, reason }) => `  ${outcome}: ${name}: ${reason ?? ''}`),
  ])
  return `${lines.join('\n')}\n`
}
