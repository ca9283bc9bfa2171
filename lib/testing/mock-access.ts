import { authorizationOf, fieldsOf, type Authorization } from '../oauth/key-forms.ts'
import { Secret } from '../primitives/secret.ts'
import type { Provider } from '../providers/provider.ts'

/** What a mock lets in: the values of one of the provider's key forms, `{ token }`, or anyone. */
export type MockCredentials = Readonly<Record<string, string>> | 'any'

export interface MockAccess extends Authorization {
  /** Whether a request brings what is expected. */
  lets(request: Request): boolean
  /** Names of headers and parameters that hold it, lower-case. */
  readonly names: ReadonlySet<string>
}

/**
 * The credentials of a mock: as the provider takes keys, else a bearer token; invented where the test names none. Requests that
 * a vendor's SDK signs are let in unchecked.
 * @throws TypeError where the provider takes no such values.
 */
export function mockAccess(
  { id, keys = [], api, auth }: Provider,
  credentials: MockCredentials | undefined,
): MockAccess {
  const given = credentials === 'any' ? undefined : credentials
  const forms = auth || keys.length === 0 ? [...keys, { headers: { authorization: 'Bearer {token}' } }] : keys
  const wanted = given && Object.keys(given).toSorted().join(' ')
  const form = forms.find((each) => wanted === undefined || fieldsOf(each).toSorted().join(' ') === wanted)
  if (!form) throw new TypeError(`${id} takes no credentials of "${wanted}"`)
  const values =
    given ?? Object.fromEntries(fieldsOf(form).map((name) => [name, `mock-${id}-${name.toLowerCase()}`]))
  const { headers, query } = authorizationOf(form, values)
  const isUnchecked = credentials === 'any' || api?.signedBySdk !== undefined
  return {
    headers,
    query,
    names: new Set([...Object.keys(headers), ...Object.keys(query)].map((name) => name.toLowerCase())),
    lets: (request) => {
      if (isUnchecked) return true
      const { searchParams } = new URL(request.url)
      return (
        holds(headers, (name) => request.headers.get(name)) && holds(query, (name) => searchParams.get(name))
      )
    },
  }
}

const holds = (expected: Readonly<Record<string, Secret>>, sent: (name: string) => string | null): boolean =>
  Object.entries(expected).every(([name, secret]) => sent(name) === secret.reveal())
