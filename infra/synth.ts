import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import config from '#config'
import { SluiceStack } from './stack.ts'
import type { SluiceProps } from './sluice.ts'

export interface TemplateResource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly Metadata?: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly DependsOn?: readonly string[]
}

/** A CloudFormation template as JSON. */
export interface SynthesizedTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>
}

/**
 * The template that `npx cdk deploy` would deploy, made in this process with the same feature flags. A function's folder
 * of `dist/` is named by its `Metadata['sluice:function']`.
 * @throws whatever the `Sluice` construct throws.
 */
export async function synthTemplate(options: Partial<SluiceProps> = {}): Promise<SynthesizedTemplate> {
  const stage = options.stage ?? 'dev'
  const outdir = await mkdtemp(join(tmpdir(), 'sluice-synth-'))
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      // `npx cdk synth` validates against the resource schemas; here it would double the time to start.
      builtinCloudFormationValidation: false,
      context: { ...(await featureFlags()), 'aws:cdk:disable-asset-staging': true },
    })
    const stack = new SluiceStack(app, `Sluice-${stage}`, { config, ...options, stage })
    return app.synth().getStackArtifact(stack.artifactId).template as SynthesizedTemplate
  } finally {
    await rm(outdir, { recursive: true, force: true })
  }
}

/** The flags of `cdk.json`: without them the same code makes other logical ids and policies. */
export async function featureFlags(): Promise<Record<string, unknown>> {
  const cdkJson = await readFile(join(import.meta.dirname, '..', 'cdk.json'), 'utf8')
  return (JSON.parse(cdkJson) as { context: Record<string, unknown> }).context
}
