import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { secretsManagerAdminToken, type AdminTokenOptions } from '#lib/admin/admin-token.secretsmanager.ts'
import { secretRefresh } from '#lib/config/defaults.ts'
import { seconds } from '#lib/primitives/clock.ts'
import { formatLine } from '#lib/telemetry/log.ts'
import { virtualClock } from '../../fakes/virtual-clock.ts'

/** A store whose answers are taken from `answers`, the last one for ever. */
function given(answers: readonly (string | Error)[], changes: Partial<AdminTokenOptions> = {}) {
  const clock = virtualClock()
  const asked: unknown[] = []
  const lines: string[] = []
  const client = {
    send: async (command: GetSecretValueCommand) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)]
      asked.push(command.input.SecretId)
      if (answer instanceof Error) throw answer
      return { SecretString: answer }
    },
  } as AdminTokenOptions['client']
  const token = secretsManagerAdminToken({
    client,
    fromEnvironment: undefined,
    secretId: 'arn:secret',
    clock,
    log: (level, message, fields = {}) => void lines.push(formatLine(level, message, fields, '-')),
    ...changes,
  })
  return { clock, asked, lines, token: async () => (await token())?.reveal() }
}

const holding = (token: string): string => JSON.stringify({ SLUICE_ADMIN_TOKEN: token })

test("the environment's token wins, and the secret is never read", async () => {
  const { token, asked } = given([holding('stored')], { fromEnvironment: ' own ' })
  expect(await token()).toBe('own')
  expect(asked).toEqual([])
})

test('the secret is read once at start, however many ask', async () => {
  const { token, asked } = given([holding('stored')])
  expect(await Promise.all([token(), token(), token()])).toEqual(['stored', 'stored', 'stored'])
  expect(asked).toEqual(['arn:secret'])
})

test('a new token is found within five minutes, and a failed look changes nothing', async () => {
  const { token, clock } = given([holding('old'), new Error('down'), holding('new')])
  expect(await token()).toBe('old')
  await clock.advance(secretRefresh)
  expect(await token()).toBe('old')
  await clock.advance(seconds(5))
  expect(await token()).toBe('new')
})

test.each([[new Error('down')], [''], ['{}'], ['not json canary'], ['null'], [holding('')], [holding('  ')]])(
  'with %s in the store there is no token, and no word of it in the log',
  async (answer) => {
    const { token, lines } = given([answer])
    expect(await token()).toBeUndefined()
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain('canary')
  },
)

test('without secret and variable there is none, and an empty variable is none', async () => {
  expect(await given([], { secretId: undefined }).token()).toBeUndefined()
  expect(await given([], { secretId: undefined, fromEnvironment: ' ' }).token()).toBeUndefined()
})
