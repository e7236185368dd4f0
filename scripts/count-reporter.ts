import type { Reporter, TestModule } from 'vitest/node'

/** Closes a run with the tests that passed at their second trial only, and one plain line, `N passed, N failed`. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0
    let failed = 0
    for (const module of modules) {
      if (module.errors().length > 0) failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        if (test.diagnostic()?.flaky) {
          const faults = test
            .result()
            .errors?.map(({ message }) => message)
            .join('; ')
          console.log(`second trial: ${module.relativeModuleId} > ${test.fullName}: ${faults}`)
        }
      }
    }
    console.log(`${passed} passed, ${failed} failed`)
  }
}
