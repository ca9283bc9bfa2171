import { builtinModules } from 'node:module'
import type { Plugin } from 'esbuild'

const names = new Set(builtinModules)
const bare = (path: string): string => path.replace(/^node:/, '')

/**
 * Takes Node's own modules by `process.getBuiltinModule`. An ESM `import` of `node:http`, by whatever package, reads each
 * of its exports, and one of them loads undici: 20 to 45 ms of a cold start for nothing that a function uses.
 */
export const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path }) =>
      path.startsWith('node:') || names.has(path) ? { path: bare(path), namespace: 'builtin' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`,
      loader: 'js',
    }))
  },
}
