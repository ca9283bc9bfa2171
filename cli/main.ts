import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buffer } from 'node:stream/consumers'
import { machineSecretSources } from '#lib/config/secret-lookup.ts'
import { systemClock } from '#lib/primitives/clock.ts'
import { runChild } from './child.mjs'
import type { Io } from './io.ts'
import { run } from './program.ts'

/** The command line of this process. Everything the commands touch is named here, and loaded when it is used. */

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const interrupted = new AbortController()

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: {
    input: process.stdin.isTTY,
    output: process.stdout.isTTY,
    errors: process.stderr.isTTY,
    columns: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
    // Knows NO_COLOR, FORCE_COLOR and TERM=dumb.
    color: process.stdout.isTTY && process.stdout.hasColors(),
  },
  clock: systemClock,
  fetch: (...request) => fetch(...request),
  signal: interrupted.signal,
  root,
  cwd: process.cwd(),
  secretSources: machineSecretSources(root),
  isAlive,
  readInput: () => buffer(process.stdin),
  async askSecret(question) {
    const { isCancel, password } = await import('@clack/prompts')
    const answer = await password({ message: question, output: process.stderr })
    return isCancel(answer) ? undefined : answer
  },
  async ask(question) {
    const { isCancel, text } = await import('@clack/prompts')
    const answer = await text({ message: question, output: process.stderr })
    return isCancel(answer) ? undefined : answer
  },
  async openBrowser(url) {
    const { default: open } = await import('open')
    const started = await open(url)
    // What it says later is for nobody: the link was printed.
    started.on('error', () => {})
  },
  async loadEndpoints() {
    const [{ default: config }, { parseConfig }] = await Promise.all([
      import('#config'),
      import('#lib/config/parse-config.ts'),
    ])
    return parseConfig(config).endpoints
  },
  async openCloud() {
    const { openCloud } = await import('./cloud.ts')
    return openCloud({ fetch: (...request) => fetch(...request), clock: systemClock })
  },
  async openSecretStore(address) {
    const { openSecretStore } = await import('./secret-store.ts')
    return openSecretStore(address)
  },
  runProgram: (file, parameters) =>
    runChild(process.execPath, ['--import', 'tsx', file, ...parameters], { cwd: root }),
}

/** Signal 0 asks without telling; a process of another user is alive too. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())
// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode)
  throw error
})

process.exitCode = await run(process.argv.slice(2), io, version)
