/** One resource of a CloudFormation template. */
interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly Metadata?: Readonly<Record<string, unknown>>
}

/** What the local stack reads of a CloudFormation template. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>
}

/** A resource with its place in the template and its properties resolved. */
export interface Resolved {
  readonly id: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What `Ref` and `Fn::GetAtt` give of one resource. */
export interface Identity {
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Replaces every intrinsic function in `value` by what it stands for. */
export type Resolve = (value: unknown) => unknown

/** Stands for a property that is not there: `Ref: AWS::NoValue`. */
const noValue = Symbol('AWS::NoValue')

/**
 * Resolves `Ref`, `Fn::GetAtt`, `Fn::Join` and `Fn::Sub`: what the template of Sluice uses.
 * @throws Error naming the place when the template uses another function, or names what does not exist.
 */
export function resolver(
  identities: ReadonlyMap<string, Identity>,
  pseudo: Readonly<Record<string, string>>,
): Resolve {
  const ref = (name: string): unknown => {
    if (name === 'AWS::NoValue') return noValue
    const value = pseudo[name] ?? identities.get(name)?.ref
    if (value === undefined) throw new Error(`the local stack can not resolve Ref ${name}`)
    return value
  }
  const attribute = (path: unknown): string => {
    const [id = '', ...rest] = typeof path === 'string' ? path.split('.') : (path as string[])
    const name = rest.join('.')
    const value = identities.get(id)?.attributes[name]
    if (value === undefined)
      throw new Error(`the local stack can not resolve Fn::GetAtt ${id}.${name}: add it to identities.ts`)
    return value
  }
  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => ref(String(name)),
    'Fn::GetAtt': attribute,
    'Fn::Join': (argument) => {
      const [separator, parts] = argument as [string, unknown[]]
      return parts.map((part) => String(resolve(part))).join(separator)
    },
    'Fn::Sub': (argument) => {
      const [text, own] = (Array.isArray(argument) ? argument : [argument, {}]) as [
        string,
        Record<string, unknown>,
      ]
      return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) =>
        String(name in own ? resolve(own[name]) : name.includes('.') ? attribute(name) : ref(name)),
      )
    },
  }
  const resolve: Resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== noValue)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    const [name, argument] = entries[0] ?? []
    if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
      const run = functions[name]
      if (!run) throw new Error(`the local stack does not know ${name}: add it to template.ts`)
      return run(argument)
    }
    return Object.fromEntries(
      entries
        .map(([key, item]): readonly [string, unknown] => [key, resolve(item)])
        .filter(([, item]) => item !== noValue),
    )
  }
  return resolve
}

/** Resources of `type`, their properties resolved. */
export const resourcesOf = (template: Template, type: string, resolve: Resolve): readonly Resolved[] =>
  Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties = {}, Metadata = {} }]) => ({
      id,
      properties: resolve(Properties) as Readonly<Record<string, unknown>>,
      metadata: Metadata,
    }))

/** @throws Error when the property is no text: then the local stack reads the template wrongly. */
export function textOf({ id, properties }: Resolved, name: string): string {
  const value = properties[name]
  if (typeof value === 'string') return value
  throw new Error(`the local stack expects a text as ${name} of ${id}`)
}
