import { describe, expect, test } from 'vitest'
import { isBearer } from '#lib/admin/admin-token.ts'
import { readCursor, writeCursor } from '#lib/admin/cursor.ts'
import { loginLinkLifetime, mintLoginLink, readLoginLink } from '#lib/admin/login-link.ts'
import { seal, unseal } from '#lib/admin/sealed.ts'
import { adminTokenCaller } from '#lib/access/caller.ts'
import {
  formToken,
  isFormToken,
  newSession,
  readSession,
  sealSession,
  sessionLifetime,
  type Session,
} from '#lib/admin/session.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { seededRandom } from '#lib/primitives/random.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

const token = new Secret('one-token')
const other = new Secret('another-token')
const random = seededRandom(1)

/** Every way to change one character to another of the same alphabet. */
const edits = (text: string): string[] =>
  Array.from({ length: text.length }, (_, at) => {
    const changed = text[at] === 'A' ? 'B' : 'A'
    return text.slice(0, at) + changed + text.slice(at + 1)
  })

describe('a sealed text', () => {
  test('opens with the token, purpose and binding that it was sealed with, and no other', () => {
    const sealed = seal(token, 'cursor', 'hello', 'list')

    expect(unseal(token, 'cursor', sealed, 'list')).toBe('hello')
    expect(unseal(other, 'cursor', sealed, 'list')).toBeUndefined()
    expect(unseal(token, 'session', sealed, 'list')).toBeUndefined()
    expect(unseal(token, 'cursor', sealed, 'other list')).toBeUndefined()
  })

  test('opens for no edit of it', () => {
    const sealed = seal(token, 'session', 'hello')

    // The last character of 43 carries two bits that mean nothing.
    for (const edit of edits(sealed).slice(0, -1))
      expect(unseal(token, 'session', edit), edit).toBeUndefined()
    for (const junk of ['', '.', 'a.b', `${sealed}x`, sealed.replace('.', ''), 'x'.repeat(1_000_000)])
      expect(unseal(token, 'session', junk)).toBeUndefined()
  })
})

describe('a login link', () => {
  test('is good for an hour and names itself', () => {
    const clock = virtualClock()
    const link = mintLoginLink(token, clock, random)

    const read = readLoginLink(token, link, clock)

    expect(read).toMatchObject({ expired: false, expiresAt: clock.now() + loginLinkLifetime })
    expect(read?.id).toHaveLength(22)
    expect(link).toMatch(/^[\w.-]+$/)
  })

  test("is expired afterwards, and nobody else's token makes one", async () => {
    const clock = virtualClock()
    const link = mintLoginLink(token, clock, random)
    expect(readLoginLink(other, link, clock)).toBeUndefined()

    await clock.advance(loginLinkLifetime)

    expect(readLoginLink(token, link, clock)).toMatchObject({ expired: true })
  })
})

describe('a session', () => {
  test('lasts twelve hours, and ends with its token', async () => {
    const clock = virtualClock()
    const opened = newSession(adminTokenCaller, undefined, { clock, random })
    const session = sealSession(token, opened) ?? ''
    expect(readSession(token, session, clock)).toEqual({ ...opened, v: 2 })
    expect(readSession(other, session, clock)).toBeUndefined()

    await clock.advance(sessionLifetime)

    expect(readSession(token, session, clock)).toBeUndefined()
  })

  test('is not to be had from a login link or a cursor', () => {
    const clock = virtualClock()
    expect(readSession(token, mintLoginLink(token, clock, random), clock)).toBeUndefined()
  })
})

describe('a form', () => {
  test('is of one session, and of nobody else', () => {
    const [mine, theirs] = [0, 1].map(() =>
      newSession(adminTokenCaller, undefined, { clock: virtualClock(), random }),
    ) as [Session, Session]
    expect(isFormToken(token, mine, formToken(token, mine))).toBe(true)
    expect(isFormToken(token, theirs, formToken(token, mine))).toBe(false)
    expect(isFormToken(token, mine, formToken(other, mine))).toBe(false)
    expect(isFormToken(token, mine, '')).toBe(false)
  })

  test('has no place for a session that no cookie holds', () => {
    const tenants = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(63, 'a'))
    const session = newSession({ role: 'viewer', tenants, actor: 'person:ada' }, 'ada', {
      clock: virtualClock(),
      random,
    })
    expect(sealSession(token, session)).toBeUndefined()
  })
})

describe('a cursor', () => {
  const cursor = {
    after: `1780000000000#evt_${'a'.repeat(32)}`,
    since: epochMs(1_779_000_000_000),
    until: epochMs(1_780_000_000_001),
  }

  test('says where its own list goes on, for a day', async () => {
    const clock = virtualClock()
    const text = writeCursor(cursor, 'events', token, clock)

    expect(readCursor(text, 'events', token, clock)).toEqual(cursor)
    expect(readCursor(text, 'dead', token, clock)).toBeUndefined()
    await clock.advance(86_400_000)
    expect(readCursor(text, 'events', token, clock)).toBeUndefined()
  })
})

describe('a bearer token', () => {
  test('is the one token in the one form', () => {
    expect(isBearer('Bearer one-token', token)).toBe(true)
    expect(isBearer('bearer one-token', token)).toBe(true)
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer one-toke',
    'Bearer one-tokenx',
    'Bearer one-token one-token',
    'Basic one-token',
    'one-token',
    `Basic ${Buffer.from('admin:one-token').toString('base64')}`,
    'Bearer another-token',
    'Bearer [redacted]',
  ])('%j is refused', (header) => expect(isBearer(header, token)).toBe(false))
})
