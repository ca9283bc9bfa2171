import { Code } from 'aws-cdk-lib/aws-lambda'
import type { FunctionName } from '#infra/plan.ts'
import type { SluiceProps } from '#infra/sluice.ts'
import { synthTemplate, type SynthesizedTemplate, type TemplateResource } from '#infra/synth.ts'

/** The template without the functions' code, so that it can be looked at before anything is built. */
export const template = (options: Partial<SluiceProps> = {}): Promise<SynthesizedTemplate> =>
  synthTemplate({ code: () => Code.fromInline('exports.handler = async () => {}'), ...options })

export type Properties = Readonly<Record<string, unknown>>

/** Every resource of `type`, with its logical id. */
export const all = (from: SynthesizedTemplate, type: string): [id: string, resource: TemplateResource][] =>
  Object.entries(from.Resources).filter(([, resource]) => resource.Type === type)

/** The one resource of `type` whose logical id starts with `prefix`. */
export function one(
  from: SynthesizedTemplate,
  type: string,
  prefix = '',
): TemplateResource & { readonly id: string } {
  const found = all(from, type).filter(([id]) => id.startsWith(prefix))
  const [first] = found
  if (!first || found.length > 1) throw new Error(`${found.length} resources are ${type} ${prefix}*`)
  return { id: first[0], ...first[1] }
}

export const properties = (resource: TemplateResource): Properties => resource.Properties ?? {}

/** The function of this name, by the mark that the local stack also goes by. */
export function functionOf(
  from: SynthesizedTemplate,
  name: FunctionName,
): TemplateResource & { readonly id: string } {
  const found = all(from, 'AWS::Lambda::Function').find(
    ([, { Metadata }]) => Metadata?.['sluice:function'] === name,
  )
  if (!found) throw new Error(`no function is ${name}`)
  return { id: found[0], ...found[1] }
}

export interface Grant {
  readonly action: string
  /** As the template spells it. */
  readonly resource: string
}

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T])

/** Every pair of action and resource that a role's policies allow. */
export function grants(from: SynthesizedTemplate, roleId: string): Grant[] {
  return all(from, 'AWS::IAM::Policy')
    .map(([, policy]) => properties(policy))
    .filter(({ Roles }) => JSON.stringify(Roles).includes(`"${roleId}"`))
    .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement)
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) =>
        list(Resource).map((resource) => ({ action, resource: JSON.stringify(resource) })),
      ),
    )
}

/** What the function of this name may do. */
export function grantsOf(from: SynthesizedTemplate, name: FunctionName): Grant[] {
  const role = properties(functionOf(from, name))['Role'] as { 'Fn::GetAtt': [string, string] }
  return grants(from, role['Fn::GetAtt'][0])
}
