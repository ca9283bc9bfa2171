import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLine, jsonLog } from '#lib/telemetry/log.ts'

const at = '2026-01-01T00:00:00.000Z'

test('I30: a line is one JSON object of at most 8 KB without raw control characters, whatever the input', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10_000 }),
    fc.constant('a\r\n{"level":"error"}\u2028\u001b[31m'),
  )
  fc.assert(
    fc.property(nasty, nasty, (deliveryKey, type) => {
      const line = formatLine('warn', 'rejected', { deliveryKey, type }, at)
      expect(line).not.toMatch(/[\r\n\u2028]/)
      expect(line.length).toBeLessThan(8_192)
      expect(Object.keys(JSON.parse(line) as object).toSorted()).toEqual([
        'at',
        'deliveryKey',
        'level',
        'message',
        'type',
      ])
    }),
  )
})

test('lines below the threshold are not written', () => {
  const lines: string[] = []
  const log = jsonLog(
    (line) => lines.push(line),
    () => at,
    'warn',
  )
  log('info', 'quiet')
  log('error', 'loud')
  expect(lines).toHaveLength(1)
})
