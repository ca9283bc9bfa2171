import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceEndpoints } from './services/start-services.ts'

/** What `stack.json` tells the CLI of the stack that runs. */
export interface StackFile {
  readonly url: string
  readonly adminToken: string
  readonly region: string
  readonly stage: string
  readonly pid: number
  readonly endpoints: ServiceEndpoints
  /** Where the sandbox provider answers. */
  readonly sandbox: string
  readonly outputs: Readonly<Record<string, string>>
}

/** Writes `{dataDir}/stack.json`, readable by its owner alone, never half; the function returned removes it. */
export function writeStackFile(dataDir: string, content: StackFile): () => void {
  const file = fileIn(dataDir)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
  return () => removeStackFile(dataDir)
}

/** A killed stack leaves its file behind. */
export const removeStackFile = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true })

const fileIn = (dataDir: string): string => join(dataDir, 'stack.json')
