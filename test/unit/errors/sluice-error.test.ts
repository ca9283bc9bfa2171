import { expect, test } from 'vitest'
import { describeError, SluiceError } from '#lib/errors/sluice-error.ts'

test.each([
  ['BUFFER_UNAVAILABLE', 'retry'],
  ['HANDLER_FAILED', 'retry'],
  ['BAD_ENVELOPE', 'park'],
  ['PAYLOAD_CORRUPT', 'park'],
] as const)('%s means %s', (code, consequence) =>
  expect(new SluiceError(code, 'x').consequence).toBe(consequence),
)

test('anything thrown can be described, and never at length', () => {
  expect(describeError(new TypeError('no'))).toBe('TypeError: no')
  expect(describeError('secret text')).toBe('thrown string')
  expect(describeError(undefined)).toBe('thrown undefined')
  expect(describeError(new Error('x'.repeat(1_000)))).toHaveLength(256)
})
