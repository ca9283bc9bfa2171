import { expect, test } from 'vitest'
import { givenShell, loopback } from './given.ts'

test('connect asks for a link with everything that the command line says, and shows it', async () => {
  const shell = givenShell()
  const server = await loopback(() => ({
    body: { url: 'https://sluice.test/oauth/google-workspace/connect?link=x', expiresAt: 'soon' },
  }))
  shell.stackAt(server.url)
  const line =
    'connect google-workspace --tenant acme --account ana@customer.example --scope drive.readonly gmail.readonly'
  const { code, out } = await shell.sluice(...line.split(' '))
  expect(code).toBe(0)
  expect(out).toContain('https://sluice.test/oauth/google-workspace/connect?link=x')
  expect(JSON.parse(server.received[0]?.body.toString('utf8') ?? '')).toEqual({
    provider: 'google-workspace',
    tenant: 'acme',
    account: 'ana@customer.example',
    scopes: ['drive.readonly', 'gmail.readonly'],
  })
})
