import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Holder {
  readonly pid: number
  /** When the process began, in the words of its system: a number given to another process later has another one. */
  readonly began: string
}

/**
 * Makes the data folder and takes it for this process; the function returned gives it back. A lock that a killed process left is
 * taken over.
 * @throws Error naming the process that uses the folder.
 */
export function lockFolder(dataDir: string): () => void {
  // It holds secrets and payloads: nobody else on the machine may read it.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  chmodSync(dataDir, 0o700)
  const file = join(dataDir, 'lock')
  const own: Holder = { pid: process.pid, began: beganAt(process.pid) }
  const write = () => writeFileSync(file, JSON.stringify(own), { flag: 'wx', mode: 0o600 })
  try {
    write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = read(file)
    if (holder && isAlive(holder))
      throw new Error(
        `${dataDir} is in use by the stack of process ${holder.pid}: stop that one, or set SLUICE_DATA_DIR and PORT for a second one`,
        { cause: error },
      )
    rmSync(file, { force: true })
    write()
  }
  return () => rmSync(file, { force: true })
}

function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function isAlive({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return beganAt(pid) === began && !(pid === process.pid && began === '')
}

/** Empty where the system does not tell. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
