import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: {
    // Tests start browsers, databases and encoders; on two cores more than two files at once only slow each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './scripts/count-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'sources', include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'running',
          include: ['packages/*/test/**/*.test.ts', 'drill/**/*.test.ts'],
        },
      },
    ],
  },
})

export default config
