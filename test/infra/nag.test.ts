import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Validations, type Stack } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { SluiceStack } from '#infra/stack.ts'
import { featureFlags } from '#infra/synth.ts'
import config from '#config'

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string
      readonly violatingConstructs: readonly { readonly constructPath: string }[]
    }[]
  }[]
}

/** What cdk-nag and the template validation find, as `rule at path`. */
async function findings(plant: (stack: Stack) => void = () => {}): Promise<string[]> {
  const outdir = mkdtempSync(join(tmpdir(), 'sluice-nag-'))
  try {
    const context = { ...(await featureFlags()), '@aws-cdk/core:failSynthOnValidationErrors': false }
    const app = new App({ outdir, context, analyticsReporting: false })
    const stack = new SluiceStack(app, 'Sluice-dev', {
      config,
      stage: 'dev',
      code: () => Code.fromInline('-'),
    })
    plant(stack)
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    app.synth()
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report
    return report.pluginReports.flatMap(({ violations }) =>
      violations.flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
      ),
    )
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

test('cdk-nag AwsSolutions finds nothing that has no reason', async () => {
  expect(await findings()).toEqual([])
})

test('a planted bucket and a planted wildcard are found, so the check looks and the reasons are narrow', async () => {
  const found = await findings((stack) => {
    new Bucket(stack, 'Planted')
    const role = stack.node.findChild('Sluice').node.findChild('Webhook').node.findChild('Role')
    ;(role as Role).addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }))
  })

  expect(found.some((line) => /^AwsSolutions-S1 at .*Planted/.test(line))).toBe(true)
  expect(found.some((line) => /^AwsSolutions-IAM5\[Action::s3:\*\] at .*Webhook/.test(line))).toBe(true)
})

test('every reason is a sentence', async () => {
  const app = new App({ context: await featureFlags() })
  const stack = new SluiceStack(app, 'Sluice-dev', { config, stage: 'dev', code: () => Code.fromInline('-') })
  const reasons = stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .map(({ data }) => JSON.stringify(data))

  expect(reasons.length).toBeGreaterThan(5)
  for (const reason of reasons) expect(reason).toMatch(/[A-Z][^"]{30,}\./)
})
