import type { AnyGrant } from './client.ts'

/** One setting of a registration, by the end of its name: `CLIENT_ID` of `AUTH0_CLIENT_ID`. */
export type SettingOf = (name: string) => string | undefined

/** A declaration with each `{param}` filled in that the registration knows; a parameter that keeps one is left out. */
export function filledIn<Auth extends AnyGrant>(auth: Auth, value: SettingOf): Auth {
  const fill = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
      // The account is the connection's to fill in.
      name === 'account' ? whole : (value(name.toUpperCase()) ?? whole),
    )
  const filled = JSON.parse(JSON.stringify(auth), (_name, each: unknown) =>
    typeof each === 'string' ? fill(each) : each,
  ) as Auth
  return {
    ...filled,
    ...('authorizeParams' in filled && { authorizeParams: withoutBlanks(filled.authorizeParams) }),
    ...('params' in filled && { params: withoutBlanks(filled.params) }),
  }
}

const withoutBlanks = (parameters: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(parameters).filter(([, text]) => !hasBlank(text)))

export const hasBlank = (text: string): boolean => text.includes('{')

const addressNames = {
  authorizeUrl: 'AUTHORIZE_URL',
  tokenUrl: 'TOKEN_URL',
  revokeUrl: 'REVOKE_URL',
} as const

export type Addresses = Partial<Record<keyof typeof addressNames, string>>

/** Addresses, or what the registration has instead of them; `undefined` while one has a blank: that is nobody's. */
export function addressesOf(
  auth: { readonly [name in keyof Addresses]: string | undefined },
  value: SettingOf,
): Addresses | undefined {
  const found = (['authorizeUrl', 'tokenUrl', 'revokeUrl'] as const).flatMap((name) => {
    const address = value(addressNames[name]) ?? auth[name]
    return address === undefined ? [] : [[name, address] as const]
  })
  return found.some(([, address]) => hasBlank(address)) ? undefined : Object.fromEntries(found)
}
