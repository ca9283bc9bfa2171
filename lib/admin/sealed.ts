import { createHmac } from 'node:crypto'
import { sameBytes } from '../primitives/bytes.ts'
import type { Secret } from '../primitives/secret.ts'

/** What a sealed text is for. One sealed for one purpose never opens for another. */
export type Purpose = 'login-link' | 'session' | 'form' | 'sign-in' | 'cursor'

const grammar = /^([A-Za-z0-9_-]{1,4096})\.([A-Za-z0-9_-]{43})$/

/** `content` with a proof that we wrote it: readable by anyone, made by nobody without the admin token. Fits URLs and cookies. */
export function seal(token: Secret, purpose: Purpose, content: string, bound = ''): string {
  const text = Buffer.from(content).toString('base64url')
  return `${text}.${proof(token, purpose, text, bound).toString('base64url')}`
}

/** The content, or `undefined` for anything that {@link seal} did not make with this token, for this purpose and `bound`. */
export function unseal(token: Secret, purpose: Purpose, sealed: string, bound = ''): string | undefined {
  const [, text = '', given = ''] = grammar.exec(sealed) ?? []
  const expected = proof(token, purpose, text, bound)
  return text && sameBytes(expected, Buffer.from(given, 'base64url'))
    ? Buffer.from(text, 'base64url').toString()
    : undefined
}

const proof = (token: Secret, purpose: Purpose, text: string, bound: string): Buffer =>
  createHmac('sha256', createHmac('sha256', token.reveal()).update(`sluice:${purpose}`).digest())
    .update(`${text}.${bound}`)
    .digest()
