import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Type-aware tools, browsers and stacks are started by some files: give them time, never a sleep.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    restoreMocks: true,
    coverage: { include: ['lib/**', 'functions/**'], reporter: ['text-summary', 'json-summary'] },
  },
})
