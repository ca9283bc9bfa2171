import type { Command } from 'commander'
import { providers } from '#lib/providers/catalog.ts'
import { examples, outputFor, type Context } from '../context.ts'
import { pathOf } from '../endpoints.ts'
import { table } from '../text.ts'

export function registerProvider(program: Command, { io }: Context): void {
  const provider = program.command('provider').description('the systems that Sluice knows')
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
