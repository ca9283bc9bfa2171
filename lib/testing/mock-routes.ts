import type { MockAnswer, MockRequest, Reply, Route, RouteFunction, Routes } from './mock-answer.ts'

export interface FoundRoute {
  readonly params: Readonly<Record<string, string>>
  readonly reply: RouteFunction
}

export interface RouteTable {
  readonly names: readonly string[]
  find(method: string, path: string): FoundRoute | undefined
}

/** @throws TypeError for a key that is no method and path. */
export function routeTable(routes: Routes): RouteTable {
  const table = Object.entries(routes).map(([name, route]) => ({ ...parsed(name), reply: replies(route) }))
  return {
    names: Object.keys(routes),
    find(method, path) {
      for (const each of table) {
        if (each.method !== 'ANY' && each.method !== method) continue
        const found = each.path.exec(path)
        if (found) return { params: decoded(found.groups ?? {}), reply: each.reply }
      }
      return undefined
    },
  }
}

function parsed(name: string): { readonly method: string; readonly path: RegExp } {
  const [, method = '', path = ''] = /^([A-Z]+) (\/\S*)$/.exec(name) ?? []
  if (method === '')
    throw new TypeError(
      `"${name}" is no route: write it as "GET /v1/things/:id", "*" at its end for the rest`,
    )
  const source = path
    .split('/')
    .map((segment, at, all) => {
      if (segment === '*' && at === all.length - 1) return '.*'
      const param = /^:(\w+)$/.exec(segment)?.[1]
      return param === undefined
        ? segment.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
        : `(?<${param}>[^/]+)`
    })
    .join('/')
  return { method, path: new RegExp(`^${source}$`) }
}

const decoded = (groups: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, unescaped(value)]))

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** A list is given one after the other; the last one stays. */
function replies(route: Route): RouteFunction {
  const list: readonly Reply[] = isList(route) ? route : [route]
  if (list.length === 0) throw new TypeError('a route needs an answer')
  let next = 0
  return (request: MockRequest): MockAnswer | Promise<MockAnswer> => {
    const reply = list[Math.min(next, list.length - 1)] as Reply
    next += 1
    return typeof reply === 'function' ? reply(request) : reply
  }
}

const isList = (route: Route): route is readonly Reply[] => Array.isArray(route)
