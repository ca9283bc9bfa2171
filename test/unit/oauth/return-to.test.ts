import { expect, test } from 'vitest'
import { isAllowedReturn, returnAddress } from '#lib/oauth/return-to.ts'

const allowed = [
  'https://app.example.com/settings/',
  'https://app.example.com/done',
  'http://localhost:3000/',
]

test.each([
  'https://app.example.com/settings/',
  'https://app.example.com/settings/slack?tab=1',
  'https://app.example.com/done',
  'https://app.example.com/done?x=%2F',
  'http://localhost:3000/back',
])('%s is let through', (target) => expect(isAllowedReturn(target, allowed)).toBe(true))

test.each([
  'https://evil.example/settings/',
  '//evil.example/settings/',
  String.raw`/\evil.example`,
  String.raw`https://app.example.com\@evil.example/settings/`,
  '/\t/evil.example',
  'https://good@evil.example/settings/',
  'https://app.example.com@evil.example/settings/',
  'https://user@app.example.com/settings/',
  'https://app.example.com.evil.example/settings/',
  'https://app.example.com:8443/settings/',
  'http://app.example.com/settings/',
  'https://app.example.com/settings',
  'https://app.example.com/settings/../admin',
  'https://app.example.com/settings/%2e%2e/admin',
  'https://app.example.com/settings/%2Fevil',
  'https://app.example.com/settings/%5Cevil',
  'https://app.example.com/settings//evil.example',
  'https://app.example.com/done/more',
  'https://app.example.com/done%20',
  'HTTPS://app.example.com/done',
  'https://APP.example.com/done',
  'javascript:alert(1)',
  'data:text/html,x',
  '%2F%2Fevil.example',
  'settings/',
  '',
])('B058: %s is not', (target) => expect(isAllowedReturn(target, allowed)).toBe(false))

test('nothing is let through by an empty list', () => {
  expect(isAllowedReturn('https://app.example.com/settings/', [])).toBe(false)
})

test('the result goes into the query, and into nothing else', () => {
  const url = returnAddress('https://app.example.com/settings/?tab=1', {
    connection: 'conn_1',
    status: 'a&b',
  })
  expect(url).toBe('https://app.example.com/settings/?tab=1&connection=conn_1&status=a%26b')
})
