import { resolve } from 'node:path'
import type { Command } from 'commander'
import { providers } from '#lib/providers/catalog.ts'
import { examples, outputFor, type Context } from '../context.ts'
import { pathOf } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import { table } from '../text.ts'
import { registerProviderNew } from './provider-new.ts'

export function registerProvider(program: Command, context: Context): void {
  const provider = program
    .command('provider')
    .description('the systems that Sluice knows')
    .addHelpText('after', examples('provider list', 'provider test stripe'))
  registerList(provider, context)
  registerTest(provider, context)
  registerProviderNew(provider, context)
}

function registerTest(provider: Command, { io, end }: Context): void {
  provider
    .command('test')
    .description('try a provider against the real webhook function: forged, stale, damaged, rotated and more')
    .argument('[id]', 'which provider')
    .option('--all', 'every provider')
    .option('--write <file>', 'write the table of the results; only with --all')
    .addHelpText('after', examples('provider test stripe', 'provider test --all --write docs/providers.md'))
    .action(async (id: string | undefined, options: { all?: true; write?: string }, command: Command) => {
      const known = providers.map((each) => each.id)
      if ((id === undefined) === (options.all === undefined))
        throw new Failure('usage', 'name one provider, or say --all', 2)
      if (options.write !== undefined && !options.all)
        throw new Failure('usage', '--write is a table of all providers: say --all too', 2)
      if (id !== undefined && !known.includes(id))
        throw new Failure(
          'unknown_provider',
          `there is no provider "${id}"; there are: ${known.join(', ')}`,
          2,
        )
      end(
        await io.runProgram('scripts/provider-kit.ts', [
          ...(id === undefined ? ['--all'] : [id]),
          ...(options.write === undefined ? [] : [`--write=${resolve(io.cwd, options.write)}`]),
          ...(outputFor(command, io).asJson ? ['--json'] : []),
        ]),
      )
    })
}

function registerList(provider: Command, { io }: Context): void {
  provider
    .command('list')
    .description('every provider, its addresses here, and the names of their secrets')
    .addHelpText('after', examples('provider list', 'provider list --json'))
    .action(async (_: object, command: Command) => {
      const output = outputFor(command, io)
      const endpoints = await io.loadEndpoints()
      const items = providers.map(({ id, displayName, checkedOn, docs }) => ({
        id,
        displayName,
        checkedOn,
        docs,
        endpoints: endpoints
          .filter((endpoint) => endpoint.provider === id)
          .map((endpoint) => ({
            id: endpoint.id,
            tenant: endpoint.tenant,
            path: pathOf(endpoint),
            secretName: endpoint.secretName,
          })),
      }))
      output.result({ items, cursor: null }, () => {
        const head = ['provider', 'name', 'address', 'secret'].map((name) => output.paint('bold', name))
        const rows = items.flatMap(({ id, displayName, endpoints: own }) =>
          own.length === 0
            ? [[id, displayName, output.paint('dim', 'not in sluice.config.ts'), '']]
            : own.map(({ path, secretName }) => [id, displayName, path, secretName]),
        )
        return table([head, ...rows])
      })
    })
}
