import { roles } from '../access/caller.ts'
import { proxy as limits } from '../config/defaults.ts'

type Json = Readonly<Record<string, unknown>>

const header = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'header',
  description,
  schema,
})

const role = roles[1]

const parameters = [
  ...['connection', 'path'].map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  header('Sluice-Path', 'The path and its query, where the one of the address would be decoded on its way', {
    type: 'string',
    pattern: '^/[!-~]*$',
  }),
  header('Sluice-Base', 'Another base of the API', { type: 'string' }),
  header('Sluice-Timeout-Ms', 'For the whole call; 5,000 to read and 10,000 to write without it', {
    type: 'integer',
    minimum: 1,
    maximum: limits.mostTimeoutMs,
  }),
  header('Sluice-Priority', 'Whose turn it is at a limit', {
    type: 'string',
    enum: ['interactive', 'poll', 'backfill'],
    default: 'interactive',
  }),
  header('Sluice-Redirect', 'Whether redirects are followed or handed over', {
    type: 'string',
    enum: ['follow', 'manual'],
    default: 'follow',
  }),
  header('Sluice-Fallback', 'For how many seconds the last good answer may stand in; `300;fresh=10`', {
    type: 'string',
  }),
  header('Idempotency-Key', 'Put where the provider looks for such a key', {
    type: 'string',
    maxLength: limits.maxKeyCharacters,
  }),
]

const problem = { $ref: '#/components/responses/Problem' }
const said = (description: string): Json => ({ description, schema: { type: 'string' } })

const operation = (method: string): Json => ({
  operationId: `call${method.slice(0, 1).toUpperCase()}${method.slice(1)}`,
  summary: "Calls a connection's provider",
  description: `Takes the role ${role}. The provider's answer has the header \`Sluice-Answer: provider\`; every other answer is a problem of Sluice.`,
  'x-sluice-role': role,
  parameters,
  responses: {
    default: {
      description: "The provider's answer, whatever its status",
      headers: {
        'Sluice-Answer': said('`provider`'),
        'Sluice-Attempts': said('How often the provider was asked'),
        'Sluice-Source': said('`live`, `cache` or `stale`'),
        'Sluice-Masked': said('`credentials` where the answer repeated those of the call'),
      },
    },
    ...Object.fromEntries(
      [400, 401, 403, 404, 405, 409, 413, 422, 500, 502, 503, 504].map((status) => [status, problem]),
    ),
  },
})

/** `ANY /proxy/{connection}/{path}`, which has no schema of its own: the provider's is. */
export const proxyPath: Json = {
  '/proxy/{connection}/{path}': Object.fromEntries(
    ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'].map((method) => [method, operation(method)]),
  ),
}
