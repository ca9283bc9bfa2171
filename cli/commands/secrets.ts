import type { Command } from 'commander'
import { env, secretName } from '#lib/config/names.ts'
import { Secret } from '#lib/primitives/secret.ts'
import { examples, outputFor, type Context } from '../context.ts'
import { findAddress, type Address } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import type { Io, SecretStoreAddress } from '../io.ts'
import { valuesOf } from '../signing-secret.ts'
import { localStack } from '../target.ts'
import { isUsable } from '../usable-secret.ts'

interface Options {
  readonly endpoint?: string
  readonly stage?: string
}

export function registerSecrets(program: Command, { io }: Context): void {
  const secrets = program
    .command('secrets')
    .description('signing secrets')
    .addHelpText('after', examples('secrets set stripe', 'secrets set stripe --stage prod < secret.txt'))
  secrets
    .command('set')
    .description('store the secret that verifies webhooks; read from standard input, or asked for')
    .argument('<provider>', 'stripe, github, slack, standard-webhooks or hmac')
    .option('-e, --endpoint <id>', "an endpoint of sluice.config.ts (default: the provider's own)")
    .option('--stage <stage>', 'in AWS, with the credentials of your environment (default: the local stack)')
    .addHelpText(
      'after',
      `
Two secrets separated by a comma are both accepted: that is how one rotates, new first. The secret is never taken from
the command line, where other users of the machine could read it.
${examples('secrets set stripe', 'secrets set stripe --stage prod < secret.txt')}`,
    )
    .action(async (provider: string, options: Options, command: Command) => {
      const output = outputFor(command, io)
      const address = await findAddress(io, provider, options.endpoint)
      const { store, stage } = destination(options, io)
      const secret = await readSecret(address, io)
      const name = secretName(stage, provider)
      const key = address.endpoint.secretName
      await storeSecret({ store, name, key, secret }, io)
      const where = store.kind === 'aws' ? 'AWS' : 'the local stack'
      const mark = output.paint('green', '✓')
      output.result(
        { secret: name, name: key, store: store.kind },
        () => `${mark} ${key} is in ${name} of ${where}; running functions read it within 5 minutes\n`,
      )
    })
}

interface Destination {
  readonly store: SecretStoreAddress
  readonly stage: string
}

function destination({ stage }: Options, io: Io): Destination {
  if (stage !== undefined) {
    if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(stage)) return { store: { kind: 'aws' }, stage }
    throw new Failure('bad_stage', '--stage must be lower-case letters, digits and "-"', 2)
  }
  const stack = localStack(io)
  if (!stack || !io.isAlive(stack.pid))
    throw new Failure('no_stack', 'no stack runs here: start it with `npm start`, or name a --stage in AWS')
  return {
    store: { kind: 'local', endpoint: stack.secretsEndpoint, region: stack.region },
    stage: stack.stage,
  }
}

async function readSecret(address: Address, io: Io): Promise<Secret> {
  const text =
    io.terminal.input && io.terminal.errors
      ? await io.askSecret(`${address.endpoint.secretName}?`)
      : Buffer.from(await io.readInput()).toString('utf8')
  if (text === undefined) throw new Failure('interrupted', 'nothing was stored')
  // What an editor or echo adds at the end is no part of it; white space anywhere else is a mistake.
  const secret = text.replace(/\r?\n$/, '')
  for (const part of secret.split(',')) {
    const fault = faultOf(part)
    if (fault) throw new Failure('bad_secret', `${fault}; nothing was stored`)
    if (!(await isUsable(part, address, io)))
      throw new Failure(
        'bad_secret',
        'the secret is no key that this provider signs with; nothing was stored',
      )
  }
  return new Secret(secret)
}

function faultOf(secret: string): string | undefined {
  if (secret === '') return 'the secret is empty'
  if (/\s/.test(secret)) return 'the secret contains white space'
  if (Buffer.byteLength(secret) < 16) return 'the secret is shorter than 16 bytes'
  return undefined
}

interface Entry {
  readonly store: SecretStoreAddress
  readonly name: string
  readonly key: string
  readonly secret: Secret
}

/** The other names in the same secret stay as they are. */
async function storeSecret({ store, name, key, secret }: Entry, io: Io): Promise<void> {
  try {
    const secrets = await io.openSecretStore(store)
    const values = valuesOf(await secrets.read(name), name)
    await secrets.write(name, new Secret(JSON.stringify({ ...values, [key]: secret.reveal() })))
  } catch (error) {
    if (error instanceof Failure || store.kind === 'local') throw error
    const { name: kind, message } = error as Error
    throw new Failure('aws', `AWS did not store it (${kind}: ${message}); ${env.stage} and region right?`)
  }
}
