import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** What one run of the tests came to; `files` are paths from the repository's root. */
export type TestCount = {
  passed: number
  failed: number
  /** Those of the project `running` in which anything failed. */
  files: { path: string; passed: number; failed: number; faults: string[] }[]
}

/** Counts a run, into the file that `RUSHES_TEST_COUNT` names. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const total: TestCount = { passed: 0, failed: 0, files: [] }
    for (const module of modules) {
      const file = { path: module.relativeModuleId, passed: 0, failed: 0, faults: [] as string[] }
      const fail = (name: string, errors: readonly { message: string }[] = []) => {
        file.failed++
        file.faults.push(`${name}: ${errors.map(({ message }) => message).join('; ')}`)
      }
      if (module.errors().length > 0) fail('the file itself', module.errors())
      for (const suite of module.children.allSuites())
        if (suite.errors().length > 0) fail(suite.fullName, suite.errors())
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') file.passed++
        else if (result.state === 'failed') fail(test.fullName, result.errors)
      }
      total.passed += file.passed
      total.failed += file.failed
      if (file.failed > 0 && module.project.name === 'running') total.files.push(file)
    }
    const path = process.env['RUSHES_TEST_COUNT']
    if (path !== undefined) writeFileSync(path, JSON.stringify(total))
  }
}
