import { expect, onTestFinished, test } from 'vitest'
import { openSecretStore } from '#cli/secret-store.ts'
import { serveAwsJson } from '#infra/local/services/aws-json.ts'
import { secretsManager } from '#infra/local/services/secrets-manager.ts'
import { openState } from '#infra/local/services/state.ts'
import { Secret } from '#lib/primitives/secret.ts'

test("the local stack's secrets are read, created and replaced through the real SDK", async () => {
  const { url, close } = await serveAwsJson({ secretsmanager: secretsManager(openState()) })
  onTestFinished(close)
  const store = openSecretStore({ kind: 'local', endpoint: url, region: 'us-east-1' })

  expect(await store.read('sluice/local/stripe')).toBeUndefined()
  await store.write('sluice/local/stripe', new Secret('first'))
  expect((await store.read('sluice/local/stripe'))?.reveal()).toBe('first')
  await store.write('sluice/local/stripe', new Secret('second'))
  expect((await store.read('sluice/local/stripe'))?.reveal()).toBe('second')
})
