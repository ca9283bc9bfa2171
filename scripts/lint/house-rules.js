/** The rules of this house that no general linter knows. Loaded by .oxlintrc.json; each has a planted violation in test/architecture. */
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { objection } from './floor-plan.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const inRepo = (file) => relative(root, file).split(sep).join('/')

/** `../vault/vault.ts` as seen from `from`, `#lib/x.ts`, or the package's name. */
function target(from, specifier) {
  if (specifier === '#config') return 'sluice.config.ts'
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (!specifier.startsWith('.')) return specifier
  return inRepo(join(root, dirname(from), specifier))
}

const floorPlan = {
  create(context) {
    const from = inRepo(context.filename)
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return
      const why = objection(from, target(from, source.value))
      if (why) context.report({ node, message: `${why} (floor plan: scripts/lint/floor-plan.js)` })
    }
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
    }
  },
}

/** Calls that read the world behind the back of the injected Clock, Random and fetch. */
const ambientMembers = new Set([
  'Date.now',
  'Math.random',
  'crypto.randomUUID',
  'performance.now',
  'globalThis.fetch',
  'globalThis.setTimeout',
  'globalThis.setInterval',
])
const ambientGlobals = new Set([
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'queueMicrotask',
])
const exempt = /^lib\/(primitives\/(clock|random)\.ts$|aws\/)/
const governed = /^(lib|functions)\//

const noAmbient = {
  create(context) {
    const from = inRepo(context.filename)
    if (!governed.test(from) || exempt.test(from)) return {}
    const report = (node, what) =>
      context.report({
        node,
        message: `${what} is ambient: take Clock, Random, fetch or a client as a dependency`,
      })
    return {
      CallExpression(node) {
        const { callee } = node
        if (callee.type === 'Identifier' && ambientGlobals.has(callee.name)) report(node, `${callee.name}()`)
        if (callee.type === 'Identifier' && callee.name === 'randomUUID') report(node, 'randomUUID()')
        if (callee.type === 'MemberExpression' && callee.object.type === 'Identifier') {
          const name = `${callee.object.name}.${callee.property.name}`
          if (ambientMembers.has(name)) report(node, `${name}()`)
        }
      },
      NewExpression(node) {
        if (node.callee.type !== 'Identifier') return
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node, 'new Date()')
        if (/^[A-Z]\w*Client$/.test(node.callee.name)) report(node, `new ${node.callee.name}()`)
      },
    }
  },
}

export default {
  meta: { name: 'house' },
  rules: { 'floor-plan': floorPlan, 'no-ambient': noAmbient },
}
