import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import type { SluiceConfig } from '#lib/config/define-config.ts'

/** Puts the file of a deployment's config where the worker reads `#config`. */
export const configFrom = (file: string): Plugin => ({
  name: 'config',
  setup: (build) => build.onResolve({ filter: /^#config$/ }, () => ({ path: file })),
})

/**
 * What a config file exports by default.
 * @throws Error when the file cannot be loaded or exports nothing by default.
 */
export async function loadConfig(file: string): Promise<SluiceConfig> {
  const { default: config } = (await import(pathToFileURL(file).href)) as { default?: SluiceConfig }
  if (!config)
    throw new Error(`${file} must export its config by default: export default defineConfig({ … })`)
  return config
}
