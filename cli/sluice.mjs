#!/usr/bin/env node
/**
 * What `npx sluice` starts. Runs `main.ts` on the Node that this repository pins: in this very process when that is the
 * one already running (as under npx), else in a child that takes over terminal, signals and exit code.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runChild } from './child.mjs'

const main = new URL('main.ts', import.meta.url)
const [major] = process.versions.node.split('.').map(Number)

if (major >= 24) {
  const { register } = await import('tsx/esm/api')
  register()
  await import(main.href)
} else {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (existsSync(node)) {
    const loader = import.meta.resolve('tsx/esm')
    process.exitCode = await runChild(node, [
      '--import',
      loader,
      fileURLToPath(main),
      ...process.argv.slice(2),
    ])
  } else {
    process.stderr.write(
      `error: Sluice needs Node 24, this is ${process.versions.node}; \`npm ci\` in the repository brings it\n`,
    )
    process.exitCode = 1
  }
}
