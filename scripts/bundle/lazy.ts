import { basename, extname, join, relative } from 'node:path'
import type { Plugin } from 'esbuild'
import { repository } from './repository.ts'

/**
 * Leaves each `import()` of a file in `lib/` and `functions/` to a bundle of its own beside the entry, and collects those to build. Splitting would
 * move what both sides use into one chunk, whole files at a time: a start would load half of the S3 client.
 */
export function lazy(found: Set<string>): Plugin {
  const rooms = ['lib', 'functions'].map((area) => join(repository, area))
  return {
    name: 'lazy',
    setup(build) {
      build.onResolve({ filter: /^\..*\.[jt]s$/ }, ({ path, kind, importer, resolveDir }) => {
        if (kind !== 'dynamic-import' || !rooms.some((room) => importer.startsWith(room))) return undefined
        found.add(relative(repository, join(resolveDir, path)))
        return { path: `./${basename(path, extname(path))}.mjs`, external: true }
      })
    },
  }
}
