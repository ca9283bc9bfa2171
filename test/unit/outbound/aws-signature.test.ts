import { describe, expect, test } from 'vitest'
import { signedFetch, signedHeaders } from '#lib/outbound/aws-signature.ts'
import { epochMs } from '#lib/primitives/clock.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { virtualClock } from '#test/fakes/virtual-clock.ts'

const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
}
const now = epochMs(Date.parse('2015-08-30T12:36:00Z'))

describe('a signature of AWS', () => {
  test("is that of AWS's own example", () => {
    const url = new URL('https://iam.amazonaws.com/?Version=2010-05-08&Action=ListUsers')
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
    const request = { method: 'GET', url, headers, body: undefined }
    const signed = signedHeaders(request, keys, { service: 'iam', region: 'us-east-1' }, now)
    expect(signed.get('x-amz-date')).toBe('20150830T123600Z')
    expect(signed.get('authorization')).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, ' +
        'SignedHeaders=content-type;host;x-amz-date, ' +
        'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    )
  })

  test('differs with every part of a request', () => {
    const base = {
      method: 'POST',
      url: new URL('https://email.us-east-1.amazonaws.com/v2/a'),
      headers: new Headers(),
    }
    const of = (change: object, scope = { service: 'ses', region: 'us-east-1' }, token?: string) =>
      signedHeaders(
        { ...base, body: Buffer.from('{}'), ...change },
        { ...keys, ...(token && { sessionToken: new Secret(token) }) },
        scope,
        now,
      )
        .get('authorization')
        ?.split('Signature=')[1]
    const all = [
      of({}),
      of({ body: Buffer.from('{ }') }),
      of({ method: 'PUT' }),
      of({ url: new URL('https://email.us-east-1.amazonaws.com/v2/a%20b') }),
      of({ url: new URL('https://email.us-east-1.amazonaws.com/v2/a?x=1') }),
      of({ headers: new Headers({ 'content-type': 'application/json' }) }),
      of({}, { service: 'ses', region: 'eu-west-1' }),
      of({}, { service: 'iam', region: 'us-east-1' }),
      of({}, { service: 'ses', region: 'us-east-1' }, 'session'),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(of({})).toBe(all[0])
  })
})

describe('a fetch that signs', () => {
  const sent: { url: string; init: RequestInit | undefined }[] = []
  const fetch = signedFetch(
    'https://email.us-east-1.amazonaws.com/v2/email',
    { service: 'ses', region: 'us-east-1' },
    {
      credentials: async () => ({ ...keys, sessionToken: new Secret('session') }),
      clock: virtualClock(now),
      fetch: async (input, init) => {
        sent.push({ url: input instanceof Request ? input.url : new URL(input).href, init })
        return new Response()
      },
    },
  )

  test('sends what it was given, with its keys', async () => {
    await fetch('/outbound-emails', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    const headers = new Headers(sent[0]?.init?.headers)
    expect(sent[0]?.url).toBe('https://email.us-east-1.amazonaws.com/v2/email/outbound-emails')
    expect(headers.get('x-amz-security-token')).toBe('session')
    expect(headers.get('authorization')).toContain(
      'SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,',
    )
    expect(Buffer.from(sent[0]?.init?.body as Uint8Array).toString()).toBe('{}')
  })

  test('signs nothing for another origin', async () => {
    await expect(fetch('https://evil.example/x')).rejects.toThrow(TypeError)
    expect(sent).toHaveLength(1)
  })
})
