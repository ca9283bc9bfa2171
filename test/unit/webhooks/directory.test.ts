import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { directoryOf } from '#lib/webhooks/directory.ts'
import { fileDirectory } from '#lib/webhooks/directory.file.ts'
import { endpointOf } from '#test/fakes/given-webhook.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sluice-directory-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const fileWith = (text: string): URL => {
  const path = join(folder, 'directory.json')
  writeFileSync(path, text)
  return pathToFileURL(path)
}

test('what the build wrote is what is found', () => {
  const endpoints = [endpointOf('stripe'), endpointOf('hmac', { id: 'shop', tenant: 'acme' })]
  const directory = fileDirectory(fileWith(JSON.stringify(endpoints)))
  expect(directory.find('stripe')).toEqual(endpoints[0])
  expect(directory.find('hmac', 'shop')).toEqual(endpoints[1])
  expect(directory.find('hmac')).toBeUndefined()
})

test.each(['', '{', '{}', 'null'])('a file with %j says to build again', (text) => {
  const file = fileWith(text)
  expect(() => fileDirectory(file)).toThrow('run the build again')
})

test('a missing file says to build again', () => {
  expect(() => fileDirectory(pathToFileURL(join(folder, 'none.json')))).toThrow('run the build again')
})

test.each(['__proto__', 'constructor', 'stripe/x', '/'])('B014: there is no endpoint %j', (id) => {
  const directory = directoryOf([endpointOf('stripe')])
  expect(directory.find(id)).toBeUndefined()
  expect(directory.find('stripe', id)).toBeUndefined()
})
