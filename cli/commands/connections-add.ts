import type { Command } from 'commander'
import { fieldsOf } from '#lib/oauth/key-forms.ts'
import { findProvider } from '#lib/providers/catalog.ts'
import { adminClient } from '../admin-client.ts'
import { callApi } from '../call-api.ts'
import { examples, outputFor, urlOption, type Context } from '../context.ts'
import { Failure } from '../failure.ts'
import type { Io } from '../io.ts'
import { plain } from '../text.ts'

interface AddOptions {
  readonly tenant: string
  readonly account?: string
  readonly with?: string
  readonly env?: string
  readonly url?: string
}

type Values = Readonly<Record<string, string>>

const help = `
The key is asked for, or read from standard input, or from a variable of the environment; never from the command line, where
other users of the machine could read it. A provider that takes several values, such as a user and a password, is asked for
each of them; standard input then is a JSON object of them, and so is the variable. Adding again replaces what was there.
`

export function registerConnectionsAdd(parent: Command, { io }: Context): void {
  parent
    .command('add')
    .description('make a connection of an API key, or of a user and a password')
    .argument('<provider>', 'whose key it is')
    .requiredOption('--tenant <id>', "which tenant's it is")
    .option('--account <id>', 'the account at the provider, where a tenant has several')
    .option('--with <names>', 'another form of the provider, by the values that it takes: keySid,keySecret')
    .option('--env <name>', 'read it from this variable of the environment')
    .option(...urlOption)
    .addHelpText(
      'after',
      help +
        examples(
          'connections add distru --tenant acme',
          'connections add twilio --tenant acme --with keySid,keySecret',
          'connections add etherscan --tenant acme --env ETHERSCAN_API_KEY',
        ),
    )
    .action(async (provider: string, options: AddOptions, command: Command) => {
      const { tenant, account, url } = options
      const output = outputFor(command, io)
      const credentials = await read(fieldsFor(provider, options.with), options.env, io)
      const body = { provider, tenant, credentials, ...(account !== undefined && { account }) }
      const item = await callApi(adminClient(io, url), 'POST /api/connections', { body })
      output.result(item, () => {
        const end = item.hardExpiresAt === null ? '' : `; it ends ${plain(item.hardExpiresAt)}`
        return `${output.paint('green', '✓')} ${plain(item.id)} holds the key of ${plain(item.tenant)}${end}\n`
      })
    })
}

const sorted = (names: readonly string[]): string => names.toSorted().join()

/** The names of the values to ask for: of the provider's usual form, or of the one that is named by them. */
function fieldsFor(id: string, wanted: string | undefined): readonly string[] {
  const forms = (findProvider(id)?.keys ?? []).map(fieldsOf)
  const found =
    wanted === undefined ? forms[0] : forms.find((form) => sorted(form) === sorted(wanted.split(',')))
  if (found) return found
  const hint =
    forms.length > 0 ? `it takes ${forms.map((form) => form.join()).join(', or ')}` : 'it takes no keys'
  throw new Failure('usage', `"${plain(id)}" can not be added like this: ${hint}`, 2)
}

async function read(fields: readonly string[], variable: string | undefined, io: Io): Promise<Values> {
  if (variable !== undefined) {
    const text = io.secretSources.environment(variable)
    // Its name is not repeated: it may be the key itself, given by mistake.
    if (!text) throw new Failure('no_key', 'the variable that --env names is not set; nothing was stored')
    return parsed(text, fields)
  }
  if (!io.terminal.input || !io.terminal.errors)
    return parsed(Buffer.from(await io.readInput()).toString('utf8'), fields)
  const values: Record<string, string> = {}
  for (const name of fields) {
    const answer = await io.askSecret(`${name}?`)
    if (answer === undefined) throw new Failure('interrupted', 'nothing was stored')
    values[name] = answer
  }
  return values
}

/** What an editor or echo adds at the end of a key is no part of it. */
function parsed(text: string, fields: readonly string[]): Values {
  const [only] = fields
  if (only !== undefined && fields.length === 1) return { [only]: text.replace(/\r?\n$/, '') }
  const wrong = new Failure('bad_key', `it must be a JSON object of ${fields.join(', ')}; nothing was stored`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong
  }
  if (typeof value !== 'object' || value === null) throw wrong
  const found = Object.entries(value)
  if (
    found.length !== fields.length ||
    !found.every(([name, each]) => fields.includes(name) && typeof each === 'string')
  )
    throw wrong
  return value as Values
}
