import { join } from 'node:path'
import { stop as endBundler } from 'esbuild'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { parseConfig } from '#lib/config/parse-config.ts'
import config from '#config'
import { buildFunctions } from '../../scripts/build.ts'
import { synthTemplate } from '../synth.ts'
import { openDoor } from './http/door.ts'
import { lockFolder } from './lock.ts'
import { runStack, type RunningStack } from './run-stack.ts'
import { withSandbox } from './sandbox/in-config.ts'
import { startServices } from './services/start-services.ts'
import { removeStackFile } from './stack-file.ts'

export interface StackOptions {
  /** Everything the stack keeps; made when it is not there. */
  readonly dataDir: string
  /** 0 takes a free one. */
  readonly port: number
  /** Says nothing of functions that fail; their logs have it. */
  readonly quiet: boolean
  /** Read instead of the process's environment: `SLUICE_STAGE`, `SLUICE_PUBLIC_URL`, `SLUICE_ADMIN_TOKEN`, secrets. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Runs everything that the template declares on this machine: services, functions, queues, schedules and the HTTP API.
 * Whatever was accepted is on disk, so the process may be killed at any moment and started again.
 * @throws Error when the data folder is in use, the port is taken, or the template has something unknown in it.
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const environment = options.env ?? process.env
  const stage = environment['SLUICE_STAGE'] || 'dev'
  const local = withSandbox(config)
  const unlock = lockFolder(options.dataDir)
  removeStackFile(options.dataDir)
  const undo: (() => unknown)[] = [unlock]
  try {
    const bundles = join(options.dataDir, 'functions')
    const door = await openDoor(options.port)
    undo.unshift(() => door.close())
    const [template, services] = await Promise.all([
      // What the code is named after does not matter here: each function's folder is in its metadata.
      synthTemplate({ stage, config: local, code: () => Code.fromInline('local') }),
      startServices(options.dataDir).then((started) => {
        undo.unshift(() => started.close())
        return started
      }),
      buildFunctions({ outDir: bundles, config: local }).then(endBundler),
    ])
    const { endpoints } = parseConfig(local)
    const secrets = endpoints.map(({ provider, secretName: name }) => ({ provider, name }))
    return await runStack({
      ...options,
      environment,
      stage,
      template,
      services,
      door,
      bundles,
      secrets,
      unlock,
    })
  } catch (error) {
    for (const step of undo) await step()
    throw error
  }
}
