import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './bundle/repository.ts'

const folder = join(repository, 'lib', 'providers')
/** What in the folder declares no provider; `…-polls.ts` and `…-answers.ts` are parts of some. */
const words = new Set([
  'api.ts',
  'auth-words.ts',
  'auth.ts',
  'catalog.ts',
  'keeper.ts',
  'keepers.ts',
  'limits.ts',
  'pages.ts',
  'poll-list.ts',
  'polls.ts',
  'provider.ts',
  'scheme.ts',
])

const camel = (id: string): string => id.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** `lib/providers/catalog.ts` for these files: each declares the provider of its name. */
export function catalogOf(files: readonly string[]): string {
  const ids = files
    .filter((file) => file.endsWith('.ts') && !/-(?:polls|answers)\.ts$/.test(file) && !words.has(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .toSorted(byCodeUnit)
  const imports = [...ids, 'provider'].toSorted(byCodeUnit).map((id) => {
    const what = id === 'provider' ? 'type { Provider }' : `{ ${camel(id)} }`
    return `import ${what} from './${id}.ts'`
  })
  return [
    ...imports,
    '',
    '// Written by the build from the files beside this one: a provider needs no line of its own here.',
    '',
    '/** Every provider this version knows, in alphabetical order of their ids. */',
    'export const providers: readonly Provider[] = [',
    ...ids.map((id) => `  ${camel(id)},`),
    ']',
    '',
    'const byId = new Map(providers.map((provider) => [provider.id, provider]))',
    '',
    '/** `undefined` for an unknown id; never looks at prototypes. */',
    'export const findProvider = (id: string): Provider | undefined => byId.get(id)',
    '',
  ].join('\n')
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : 1)

if (import.meta.main) {
  const file = join(folder, 'catalog.ts')
  const text = catalogOf(readdirSync(folder))
  if (readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}
