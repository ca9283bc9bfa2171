import { adminTokenCaller, type Caller } from '#lib/access/caller.ts'
import { formToken, newSession, sealSession } from '#lib/admin/session.ts'
import type { GivenAdmin } from './given-admin.ts'

const origin = 'https://sluice.test'

export interface ConsoleSession {
  readonly cookie: string
  /** What the session's forms carry. */
  readonly csrf: string
  visit(path: string): Promise<Response>
  /** Sends a form as a page of the console does. */
  press(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>
}

/** Someone who has signed in to the console, by default as whoever has the admin token. */
export function consoleSession(given: GivenAdmin, caller: Caller = adminTokenCaller): ConsoleSession {
  const session = newSession(caller, caller === adminTokenCaller ? undefined : 'ada', given.deps)
  const cookie = `__Host-sluice=${sealSession(given.token, session)}`
  const csrf = formToken(given.token, session)
  return {
    cookie,
    csrf,
    visit: async (path) => given.app.request(origin + path, { headers: { cookie } }),
    press: async (path, fields = {}, headers = {}) =>
      given.app.request(origin + path, {
        method: 'POST',
        headers: { cookie, origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ csrf, ...fields }).toString(),
      }),
  }
}
