import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { keepArenasFew } from './few-arenas.ts'

/** `npm start`: the stack in this terminal, until Ctrl-C. */
keepArenasFew()
const { startStack } = await import('./stack.ts')
const began = performance.now()
const say = (line = ''): void => void process.stdout.write(`${line}\n`)
const dim = (text: string): string => styleText('dim', text)

function port(): number {
  const text = process.env['PORT'] || '8787'
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new Error(`PORT must be a port number, not "${text}"`)
  return Number(text)
}

try {
  const dataDir = resolve(process.env['SLUICE_DATA_DIR'] || '.sluice')
  const stack = await startStack({ dataDir, port: port(), quiet: false })
  say(
    `${styleText('bold', 'Sluice')} is up ${dim(`after ${((performance.now() - began) / 1_000).toFixed(1)} s`)}`,
  )
  say()
  say(`  Webhooks  ${stack.url}/webhooks/{provider}`)
  say(`  Console   ${stack.loginUrl}  ${dim('(this link works once)')}`)
  const token = stack.adminTokenFrom === 'generated' ? stack.adminToken : `from ${stack.adminTokenFrom}`
  say(`  API       ${stack.url}/api  ${dim(`(token: ${token})`)}`)
  say(`  Data      ${dataDir}  ${dim('(logs of the functions: logs/)')}`)
  say()
  for (const [name, origin] of stack.secretOrigins) say(`  ${dim(`${name}: ${origin}`)}`)
  say()
  say(`Next, in another terminal:  ${styleText('bold', 'npx sluice send stripe')}`)
  let stopping = false
  const stop = async (code: number) => {
    // Asked twice: at once. Whatever was accepted is on disk.
    if (stopping) process.exit(code)
    stopping = true
    await stack.stop()
    process.exit(0)
  }
  process.on('SIGINT', () => void stop(130))
  process.on('SIGTERM', () => void stop(143))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
