// Imports one bundle in a fresh process and prints how long that took, milliseconds. Lambda's runtime has loaded
// node:http before it imports a handler; so has this.
import { pathToFileURL } from 'node:url'

process.getBuiltinModule('node:http')
const start = performance.now()
await import(pathToFileURL(process.argv[2]).href)
process.stdout.write(`${performance.now() - start}\n`, () => process.exit())
