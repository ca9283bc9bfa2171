import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { providers } from '#lib/providers/catalog.ts'
import { iso } from '#lib/primitives/clock.ts'
import { examples, outputFor, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import { providerFile } from '../provider-draft.ts'

interface NewOptions {
  readonly name?: string
  readonly docs: string
  readonly signature?: string
  readonly encoding: 'hex' | 'base64'
  readonly prefix?: string
  readonly timestamp?: string
}

export function registerProviderNew(provider: Command, { io, end }: Context): void {
  provider
    .command('new')
    .description("write a new provider's file: a sender that signs its webhooks with an HMAC")
    .argument('<id>', 'a-z, 0-9 and "-", such as acme', checkId)
    .option('--name <name>', 'how it is shown; default: the id')
    .option('--docs <url>', 'where it says how it signs', 'https://example.com')
    .option('--signature <header>', 'header with the signature; default: {id}-signature', checkHeader)
    .option('--encoding <encoding>', 'hex or base64', checkEncoding, 'hex')
    .option('--prefix <text>', 'what stands before the signature, such as sha256=')
    .option('--timestamp <header>', 'header with the time, where that is signed too', checkHeader)
    .addHelpText(
      'after',
      examples(
        'provider new acme',
        'provider new acme --signature x-acme-hmac --encoding base64 --docs https://…',
      ),
    )
    .action(async (id: string, options: NewOptions, command: Command) => {
      const file = join('lib', 'providers', `${id}.ts`)
      if (providers.some((known) => known.id === id) || existsSync(join(io.root, file)))
        throw new Failure('provider_exists', `${file} is there already`, 2)
      const draft = {
        ...options,
        id,
        displayName: options.name ?? id,
        checkedOn: iso(io.clock.now()).slice(0, 10),
        signature: options.signature ?? `${id}-signature`,
      }
      writeFileSync(join(io.root, file), providerFile(draft), { flag: 'wx' })
      const code = await io.runProgram('scripts/catalog.ts', [])
      if (code !== 0) return end(code)
      const next = [
        `npx sluice provider test ${id}`,
        `add { provider: '${id}' } to the endpoints in sluice.config.ts, and start again`,
        `npx sluice send ${id}`,
      ]
      outputFor(command, io).result({ id, file, next }, () =>
        [`${file}\n`, 'Next:', ...next.map((step) => `  ${step}`), ''].join('\n'),
      )
    })
}

function checkId(text: string): string {
  if (/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text) && text.length <= 40 && !/-(?:polls|answers)$/.test(text))
    return text
  throw new InvalidArgumentError('it must be a-z, 0-9 and "-", starting with a letter.')
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
function checkHeader(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return text.toLowerCase()
  throw new InvalidArgumentError('it must be the name of a header.')
}

function checkEncoding(text: string): string {
  if (text === 'hex' || text === 'base64') return text
  throw new InvalidArgumentError('it must be hex or base64.')
}
