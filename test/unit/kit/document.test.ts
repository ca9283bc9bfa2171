import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { providers } from '#lib/providers/catalog.ts'
import { providersDocument } from '../../../scripts/kit/document.ts'
import { testProvider } from '../../../scripts/kit/run.ts'

test('docs/providers.md is what the kit writes (npx sluice provider test --all --write docs/providers.md)', async () => {
  const reports = (await Promise.all(providers.map(testProvider))).flat()
  const committed = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8')
  expect(committed).toBe(providersDocument(reports, providers))
})
