import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log larger than this is set aside at the next start. */
const rotateBytes = 10_000_000

export interface LogFile {
  write(line: string): void
  close(): Promise<void>
}

/** A function's log as a file to follow with `tail -f`. */
export function openLog(file: string): LogFile {
  mkdirSync(dirname(file), { recursive: true })
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > rotateBytes) renameSync(file, `${file}.1`)
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 })
  stream.on('error', () => {})
  return {
    write: (line) => void stream.write(`${line}\n`),
    close: () => new Promise((resolve) => stream.end(resolve)),
  }
}
