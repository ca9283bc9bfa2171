/** A route of the HTTP API, as its key says it: `POST /webhooks/{provider}`, `ANY /api/{proxy+}`, `$default`. */
export interface Route<T> {
  readonly key: string
  readonly target: T
}

export interface Match<T> {
  readonly key: string
  readonly target: T
  readonly parameters: Readonly<Record<string, string>>
}

interface Compiled<T> extends Route<T> {
  readonly method: string
  readonly pattern: RegExp
  readonly names: readonly string[]
  readonly greedy: boolean
}

/**
 * Finds a request's route by API Gateway's rules: a full match before a greedy one, a method by name before `ANY`, and
 * `$default` last.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function router<T>(
  routes: readonly Route<T>[],
): (method: string, path: string) => Match<T> | undefined {
  const compiled = routes.filter(({ key }) => key !== '$default').map(compile)
  const fallback = routes.find(({ key }) => key === '$default')
  const ranked = compiled.toSorted((a, b) => rank(a) - rank(b) || fixed(b) - fixed(a))
  return (method, path) => {
    for (const route of ranked) {
      if (route.method !== 'ANY' && route.method !== method) continue
      const found = route.pattern.exec(path)
      if (found) return { ...route, parameters: parametersOf(route.names, found) }
    }
    return fallback && { ...fallback, parameters: {} }
  }
}

function compile<T>(route: Route<T>): Compiled<T> {
  const [method = '', path = ''] = route.key.split(' ')
  const names = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name = '']) => name)
  const source = path
    .split('/')
    .map((part) =>
      /^\{[^}]+\+\}$/.test(part) ? '(.+)' : /^\{[^}]+\}$/.test(part) ? '([^/]+)' : escape(part),
    )
    .join('/')
  return { ...route, method, names, pattern: new RegExp(`^${source}$`), greedy: path.includes('+}') }
}

const rank = ({ method, greedy }: Compiled<unknown>): number => (greedy ? 2 : 0) + (method === 'ANY' ? 1 : 0)

/** Length of the part before the first variable: of two that match, the one that says more. */
const fixed = ({ key }: Compiled<unknown>): number => `${key}{`.indexOf('{')

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function parametersOf(names: readonly string[], found: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, decoded(found[index + 1] ?? '')]))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
