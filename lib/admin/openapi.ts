import * as z from 'zod/mini'
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
      responses: {
        Problem: { description: 'What went wrong (RFC 9457)', ...content(problemType, problemRef) },
      },
    },
  }
}

const problemType = 'application/problem+json'
const problemRef = { $ref: '#/components/schemas/Problem' }

/** Problems that any operation may answer. */
const anywhere = [400, 401, 403, 500, 503]

function operationOf(operation: Operation): Json {
  const { id, summary, role, query, path, status, answer, body, problems } = operation
  const failures = [...anywhere, ...problems, ...(body ? [413, 415] : [])].toSorted((a, b) => a - b)
  return {
    operationId: id,
    summary,
    description: `Takes the role ${role}.`,
    'x-sluice-role': role,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body && {
      requestBody: { required: !operation.bodyOptional, ...content('application/json', schemaOf(body)) },
    }),
    responses: {
      [status]: {
        description: 'As asked',
        ...content(operation.produces ?? 'application/json', schemaOf(answer)),
      },
      ...Object.fromEntries(failures.map((code) => [code, { $ref: '#/components/responses/Problem' }])),
    },
  }
}

const content = (type: string, schema: Json): Json => ({ content: { [type]: { schema } } })

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
