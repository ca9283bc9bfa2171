import * as z from 'zod/mini'
import { examples } from './examples.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { proxyPath } from './openapi-proxy.ts'
import { limit, problem } from './schemas.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of everything under `/api`, made of the schemas that check the requests.
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openApiDocument(serverUrl: string | undefined): Json {
  const all: readonly Operation[] = Object.values(operations)
  const paths = Object.fromEntries(
    [...new Set(all.map(({ path }) => path))].map((path) => [
      path,
      Object.fromEntries(
        all.filter((each) => each.path === path).map((each) => [each.method, operationOf(each)]),
      ),
    ]),
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      description: 'Events that came in, what became of them, and how to send them through again.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    ...(serverUrl !== undefined && { servers: [{ url: serverUrl }] }),
    security: [{ token: [] }],
    paths: { ...paths, ...proxyPath },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The admin token, or a JWT of the issuer that the config names',
        },
      },
      schemas: { Problem: schemaOf(problem) },
      parameters: { IdempotencyKey: idempotencyKey },
      responses: {
        Problem: {
          description: 'What went wrong (RFC 9457)',
          ...content(problemType, problemRef, problemExample),
        },
      },
    },
  }
}

const problemType = 'application/problem+json'
const problemRef = { $ref: '#/components/schemas/Problem' }

const problemExample = {
  type: 'urn:sluice:problem:not_found',
  title: 'There is nothing at this address',
  status: 404,
  detail: 'No event with this id is known, or no worker has taken it yet.',
  code: 'not_found',
  requestId: 'QgXr6gK4oAMEJ7A=',
}

/** Problems that any operation may answer. */
const anywhere = [400, 401, 403, 500, 503]

function operationOf(operation: Operation): Json {
  const { id, summary, role, query, path, status, answer, body, problems, idempotent, produces } = operation
  const own = [...anywhere, ...problems, ...(body ? [413, 415] : []), ...(idempotent ? [409] : [])]
  const failures = [...new Set(own)].toSorted((a, b) => a - b)
  const example = (examples as Readonly<Record<string, Example | undefined>>)[id]
  const asked = content(produces ?? 'application/json', schemaOf(answer), example?.answer)
  return {
    operationId: id,
    summary,
    description: `Takes the role ${role}.`,
    'x-sluice-role': role,
    parameters: [
      ...pathParameters(path),
      ...queryParameters(query),
      ...(idempotent ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ],
    ...(body && {
      requestBody: {
        required: !operation.bodyOptional,
        ...content('application/json', schemaOf(body), example?.body),
      },
    }),
    responses: {
      [status]: { description: 'As asked', ...headersOf(operation), ...asked },
      ...Object.fromEntries(failures.map((code) => [code, { $ref: '#/components/responses/Problem' }])),
    },
  }
}

interface Example {
  readonly body?: unknown
  readonly answer?: unknown
}

const said = (description: string): Json => ({ description, schema: { type: 'string' } })

function headersOf({ idempotent, produces }: Operation): Json {
  const headers = {
    ...(idempotent && {
      'Idempotency-Replayed': said('`true` where this is the answer of an earlier request'),
    }),
    ...(produces && { 'Sluice-Cursor': said('Leads to the next page, where there is one') }),
  }
  return Object.keys(headers).length > 0 ? { headers } : {}
}

/** @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Makes the request safe to send again: for a day, the same request with the same key gets its first answer. Another request with the same key gets 409, and so does the same one while the first is not answered yet.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
}

const content = (type: string, schema: Json, example?: unknown): Json => ({
  content: { [type]: { schema, ...(example !== undefined && { example }) } },
})

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

function queryParameters(query: Operation['query']): Json[] {
  const { properties = {}, required = [] } = schemaOf(query) as {
    readonly properties?: Readonly<Record<string, Json>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

/** OpenAPI 3.1 takes JSON Schema 2020-12 as it is; the dialect is named once, by the version of the document. */
function schemaOf(schema: Operation['query']): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== limit) return
      delete jsonSchema.pattern
      Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: 100, default: 50 })
    },
  })
  return rest
}
