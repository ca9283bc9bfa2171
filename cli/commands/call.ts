import { isUtf8 } from 'node:buffer'
import { InvalidArgumentError, type Command } from 'commander'
import { adminClient, type AdminClient } from '../admin-client.ts'
import { examples, outputFor, urlOption, whole, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import { json, plain } from '../text.ts'

interface CallFlags {
  readonly method?: string
  readonly data?: string
  readonly header: readonly (readonly [string, string])[]
  readonly base?: string
  readonly timeout?: number
  readonly url?: string
}

/** A little more than the proxy gives a call. */
const timeoutMs = 30_000

export function registerCall(program: Command, { io, end }: Context): void {
  program
    .command('call')
    .description("call a connection's provider, and show what it answers")
    .argument('<connection>', 'conn_...')
    .argument('<path>', "after the base of the provider's API, with its query")
    .option('-X, --method <method>', 'default: GET, or POST with --data')
    .option('-d, --data <text>', 'the body; - reads it from standard input')
    .option('-H, --header <name: value>', 'a header, as often as wanted', headers, [])
    .option('--base <name>', 'another base of the API, such as files')
    .option('--timeout <ms>', 'how long it may take, retries included', whole(1, 25_000))
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'call conn_0123 /me',
        `call conn_0123 /v1/customers -d name=Jane -H 'idempotency-key: 1'`,
        'call conn_0123 /v1/customers/cus_1 -X DELETE --json',
      ),
    )
    .action(async (id: string, path: string, flags: CallFlags, command: Command) => {
      if (!/^conn_[A-Za-z0-9_-]{32}$/.test(id))
        throw new Failure('usage', `"${plain(id)}" is no id of a connection`, 2)
      if (!/^\/[\x21-\x7e]*$/.test(path))
        throw new Failure('usage', 'the path must begin with a slash, and be percent-encoded', 2)
      const output = outputFor(command, io)
      const answer = await callOnce(adminClient(io, flags.url), { id, path, flags, io })
      output.result(answer.document, () => textOf(answer, io))
      if (!output.asJson) output.note(answer.note)
      if (answer.document.status >= 400) end(1)
    })
}

/** Reads `name: value`, and adds it to those before it. */
function headers(text: string, before: CallFlags['header']): CallFlags['header'] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+): *([\x20-\x7e]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be name: value.')
  return [...before, [name, value]]
}

interface Wanted {
  readonly id: string
  readonly path: string
  readonly flags: CallFlags
  readonly io: Io
}

interface Answer {
  readonly document: {
    readonly status: number
    readonly attempts: number | null
    readonly source: string | null
    readonly headers: Readonly<Record<string, string>>
    /** JSON as it is, other text as a string; bytes that are no text as base64. */
    readonly body?: unknown
    readonly base64?: string
  }
  readonly bytes: Uint8Array
  readonly note: string
}

/** @throws Failure in the words of Sluice where it is not the provider that answers. */
async function callOnce(api: AdminClient, { id, path, flags, io }: Wanted): Promise<Answer> {
  const { data, method = data === undefined ? 'GET' : 'POST', base, timeout } = flags
  const body = data === '-' ? new Uint8Array(await io.readInput()) : data
  const own = new Headers(flags.header.map(([name, value]): [string, string] => [name, value]))
  // The gateway decodes the path of an address.
  own.set('sluice-path', path)
  if (base !== undefined) own.set('sluice-base', base)
  if (timeout !== undefined) own.set('sluice-timeout-ms', String(timeout))
  if (body !== undefined && !own.has('content-type')) own.set('content-type', typeOf(body))
  const init = { method: method.toUpperCase(), headers: own, ...(body !== undefined && { body }) }
  const response = await api.request(`/proxy/${id}/-`, init, timeoutMs)
  if (response.headers.get('sluice-answer') !== 'provider') return api.refusal(response)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const { status } = response
  const source = response.headers.get('sluice-source')
  const attempts = response.headers.has('sluice-attempts')
    ? Number(response.headers.get('sluice-attempts'))
    : null
  const tries = attempts === null || attempts === 1 ? '' : `, ${attempts} attempts`
  return {
    document: { status, attempts, source, headers: Object.fromEntries(response.headers), ...shown(bytes) },
    bytes,
    note:
      `${status} ${plain(response.statusText)}`.trimEnd() +
      `${tries}${source === 'live' ? '' : `, ${source}`}`,
  }
}

function typeOf(body: string | Uint8Array): string {
  if (typeof body !== 'string') return 'application/json'
  return parsed(body) === undefined ? 'application/x-www-form-urlencoded' : 'application/json'
}

function shown(bytes: Uint8Array): Pick<Answer['document'], 'body' | 'base64'> {
  if (!isUtf8(bytes)) return { base64: Buffer.from(bytes).toString('base64') }
  const text = Buffer.from(bytes).toString()
  return { body: parsed(text)?.value ?? text }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** As it came for a file or a program; for a terminal without what could steer it, JSON on lines of its own. */
function textOf({ bytes, document }: Answer, io: Io): string {
  if (document.base64 !== undefined)
    return `${bytes.byteLength} bytes that are no text: --json shows them as base64\n`
  const text = Buffer.from(bytes).toString()
  if (!io.terminal.output || text === '') return text
  const read = parsed(text)
  return read ? `${json(read.value, 2)}\n` : `${text.split('\n').map(plain).join('\n')}\n`
}
