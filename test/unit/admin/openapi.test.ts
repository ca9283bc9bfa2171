import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { examples } from '#lib/admin/examples.ts'
import { openApiDocument } from '#lib/admin/openapi.ts'
import type { Operation } from '#lib/admin/operation.ts'
import { operations } from '#lib/admin/operations.ts'

type Json = Record<string, unknown>
const document = (): Json => structuredClone(openApiDocument('https://sluice.example.com'))
const all: readonly Operation[] = Object.values(operations)
const told = ({ path, method }: Operation): Json =>
  (document()['paths'] as Record<string, Record<string, Json>>)[path]?.[method] ?? {}
const verdict = async (specification: Json) => {
  const { valid, errors } = await new Validator().validate(specification)
  return { valid, errors }
}

test('is a document of OpenAPI 3.1 by the schema of the standard', async () =>
  expect(await verdict(document())).toEqual({ valid: true, errors: undefined }))

test('is held against that schema: a parameter in no place is found', async () => {
  const { components } = document() as { components: { parameters: Record<string, Json> } }
  const broken = {
    ...document(),
    components: { ...components, parameters: { x: { name: 'x', in: 'nowhere' } } },
  }
  expect((await verdict(broken)).valid).toBe(false)
})

test('every operation has an id and a path of its own, and asks for a token', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  expect(new Set(all.map(({ method, path }) => `${method} ${path}`)).size).toBe(all.length)
  expect(document()['security']).toEqual([{ token: [] }])
  for (const operation of all) expect(told(operation)['security']).toBeUndefined()
})

test('every name in a path is a parameter', () => {
  for (const operation of all) {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = told(operation)['parameters'] as { in?: string; name?: string }[]
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(names)
  }
})

test('says which operations take an Idempotency-Key, and what they answer a wrong one', () => {
  const reference = { $ref: '#/components/parameters/IdempotencyKey' }
  const taking = all.filter((operation) =>
    JSON.stringify(told(operation)['parameters']).includes(JSON.stringify(reference)),
  )
  expect(taking.map(({ id }) => id)).toEqual(all.filter(({ idempotent }) => idempotent).map(({ id }) => id))
  expect(taking.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['replayEvent', 'redrive', 'startBackfill']),
  )
  for (const operation of taking) {
    const responses = told(operation)['responses'] as Record<string, { headers?: Json }>
    expect(Object.keys(responses)).toContain('409')
    expect(Object.keys(responses[operation.status]?.headers ?? {})).toEqual(['Idempotency-Replayed'])
  }
})

test('no operation whose answer is kept answers with a secret', () => {
  const secret = ['createLoginLink', 'createConnectLink', 'createConnection']
  expect(all.filter(({ id, idempotent }) => idempotent && secret.includes(id))).toEqual([])
})

test('every example is what its operation takes and answers', () => {
  for (const [id, example] of Object.entries(examples)) {
    const operation = all.find((each) => each.id === id)
    if ('body' in example)
      expect(operation?.body?.safeParse(example.body), id).toMatchObject({ success: true })
    if ('answer' in example)
      expect(operation?.answer.safeParse(example.answer), id).toMatchObject({ success: true })
  }
})

test('every body that may not be empty has an example', () => {
  const needed = all.filter(({ body }) => body?.safeParse({}).success === false)
  expect(needed.length).toBeGreaterThan(0)
  for (const { id } of needed) expect(examples).toHaveProperty(`${id}.body`)
})
