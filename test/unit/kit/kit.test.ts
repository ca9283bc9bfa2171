import { describe, expect, test } from 'vitest'
import { findProvider, providers } from '#lib/providers/catalog.ts'
import type { Provider, WebhookDeclaration } from '#lib/providers/provider.ts'
import { github } from '#lib/providers/github.ts'
import { slack } from '#lib/providers/slack.ts'
import { stripe } from '#lib/providers/stripe.ts'
import { cases } from '../../../scripts/kit/cases.ts'
import { testProvider, type Result } from '../../../scripts/kit/run.ts'

const failures = (results: readonly Result[]): string[] =>
  results.filter(({ outcome }) => outcome === 'fail').map(({ name, reason }) => `${name}: ${reason}`)

const changed = (provider: Provider, change: Partial<WebhookDeclaration>): Provider => {
  if (!provider.webhooks) throw new Error('no webhooks')
  return { ...provider, webhooks: { ...provider.webhooks, ...change } }
}

describe('every provider stands every case', () => {
  test.each(providers.filter(({ webhooks }) => webhooks).map(({ id }) => id))('%s', async (id) => {
    const provider = findProvider(id)
    const reports = provider ? await testProvider(provider) : []
    expect(reports.length).toBeGreaterThan(0)
    for (const { results } of reports) {
      expect(results.map(({ name }) => name)).toEqual(cases.map(({ name }) => name))
      expect(failures(results)).toEqual([])
    }
  })
})

describe('a case that has nothing to try says why', () => {
  test('GitHub signs no time and shakes no hands', async () => {
    const [report] = await testProvider(github)
    const untried = report?.results.filter(({ outcome }) => outcome === 'not applicable')
    expect(untried).toEqual([
      { name: 'old', outcome: 'not applicable', reason: 'no time is signed' },
      { name: 'future', outcome: 'not applicable', reason: 'no time is signed' },
      { name: 'handshake', outcome: 'not applicable', reason: 'there is none' },
    ])
  })

  test('Slack is tried in every case', async () => {
    const [report] = await testProvider(slack)
    expect(report?.results.every(({ outcome }) => outcome === 'pass')).toBe(true)
  })
})

describe('the kit notices a declaration that is wrong', () => {
  const wrong: readonly (readonly [string, Provider, string])[] = [
    [
      'a key that differs in each delivery is no key',
      changed(stripe, { deliveryKey: [{ header: 'stripe-signature' }] }),
      'stable key: a redelivery is another event',
    ],
    [
      'a scheme that leaves out the body takes any body',
      changed(stripe, { scheme: { ...stripe.webhooks.scheme, signed: ['{timestamp}'] } }),
      'tampered: stored it',
    ],
  ]

  test.each(wrong)('%s', async (_, provider, failure) => {
    const [report] = await testProvider(provider)
    expect(failures(report?.results ?? []).join()).toBe(failure)
  })
})
