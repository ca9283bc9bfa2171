import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { Stage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import type { ParsedConfig } from '#lib/config/parse-config.ts'
import type { FunctionName } from './plan.ts'

const root = join(import.meta.dirname, '..')

/** In the repository the code is TypeScript and built ahead, by `npm run build`; in the package it is bundled here. */
const isPackage = extname(import.meta.filename) === '.js'

/**
 * Each function's code: with the handlers of `configFile`, and with what is compiled from it.
 * @throws Error when there is no such file, or when it exports another config than the construct was given.
 */
export function codeWith(
  scope: Construct,
  config: ParsedConfig,
  configFile = 'sluice.config.ts',
): (name: FunctionName) => Code {
  return isPackage ? bundled(scope, config, resolve(configFile)) : built
}

function built(name: FunctionName): Code {
  const folder = join(root, 'dist', name)
  if (!existsSync(folder)) throw new Error(`dist/${name} does not exist: run npm run build`)
  return Code.fromAsset(folder)
}

const fileIn = new Map<string, string>()

/** esbuild's plugins are asynchronous and constructs are not: the bundling is a process of its own. */
function bundled(scope: Construct, config: ParsedConfig, file: string): (name: FunctionName) => Code {
  if (!existsSync(file))
    throw new Error(
      `${file} does not exist: say in configFile where the file is that exports the config; its handlers are bundled from there`,
    )
  const outDir = join(Stage.of(scope)?.outdir ?? 'cdk.out', 'sluice', basename(dirname(file)))
  // Stages of one app have the same code.
  if (fileIn.get(outDir) !== file) {
    const build = join(root, 'scripts', 'build.js')
    const parameters = [build, '--config', file, '--out', outDir]
    execFileSync(process.execPath, parameters, { stdio: ['ignore', 'ignore', 'inherit'] })
    fileIn.set(outDir, file)
  }
  const compiled: unknown = JSON.parse(readFileSync(join(outDir, 'webhook', 'directory.json'), 'utf8'))
  if (JSON.stringify(compiled) !== JSON.stringify(config.endpoints))
    throw new Error(
      `${file} exports another config than the one that was given: give the one that it exports`,
    )
  return (name) => Code.fromAsset(join(outDir, name))
}
