import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** The body of a request or an answer of an AWS JSON service. */
export type Json = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  /** JSON text. */
  readonly body: string
}

/** One service behind an `X-Amz-Target` prefix. `body` is the JSON text as it came. */
export type Target = (operation: string, body: string) => Promise<Answer>

/** Something the caller did wrong, in the words of the service: becomes a 400 with `__type`. */
export class ServiceFault extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** @throws ServiceFault `ValidationException` when `name` is not a text that says something. */
export function text(input: Json, name: string): string {
  const value = input[name]
  if (typeof value === 'string' && value !== '') return value
  throw new ServiceFault('ValidationException', `${name} must be a text of at least one character`)
}

export const optionalText = (input: Json, name: string): string | undefined =>
  input[name] === undefined ? undefined : text(input, name)

/** A {@link Target} made of functions; an operation that is not among them is refused by name. */
export function operations(service: string, table: Readonly<Record<string, (input: Json) => Json>>): Target {
  return async (operation, body) => {
    try {
      const run = Object.hasOwn(table, operation) ? table[operation] : undefined
      if (!run) {
        const known = Object.keys(table).join(', ')
        throw new ServiceFault(
          'UnknownOperationException',
          `the local ${service} has no ${operation}; it has ${known}`,
        )
      }
      return { status: 200, body: JSON.stringify(run(JSON.parse(body || '{}') as Json)) }
    } catch (error) {
      return fault(error)
    }
  }
}

function fault(error: unknown): Answer {
  const known = error instanceof ServiceFault
  const type = known ? error.type : 'InternalFailure'
  const message = error instanceof Error ? error.message : String(error)
  return { status: known ? 400 : 500, body: JSON.stringify({ __type: type, message }) }
}

export interface Endpoint {
  readonly url: string
  close(): Promise<void>
}

/** Serves `targets` on a free loopback port; a `GET` of a path in `pages` shows what a page returns. */
export async function serveAwsJson(
  targets: Readonly<Record<string, Target>>,
  pages: Readonly<Record<string, () => unknown>> = {},
): Promise<Endpoint> {
  const server = createServer((request, response) => {
    answer(request, targets, pages)
      .catch(fault)
      .then((result) => send(response, request, result))
      .catch(() => response.destroy())
  })
  return listen(server)
}

async function answer(
  request: IncomingMessage,
  targets: Readonly<Record<string, Target>>,
  pages: Readonly<Record<string, () => unknown>>,
): Promise<Answer> {
  const page = request.method === 'GET' ? pages[request.url ?? ''] : undefined
  if (page) return { status: 200, body: JSON.stringify(page()) }
  const [prefix = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
  const target = targets[prefix]
  const body = (await buffer(request)).toString('utf8')
  if (!target) throw new ServiceFault('UnknownOperationException', `no service answers to "${prefix}"`)
  return target(operation, body)
}

function send(response: ServerResponse, request: IncomingMessage, { status, body }: Answer): void {
  response.writeHead(status, {
    'content-type': request.headers['content-type'] ?? 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Listens on a free port of the loopback interface only. */
export async function listen(server: Server, port = 0): Promise<Endpoint> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
