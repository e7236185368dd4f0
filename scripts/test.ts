// npm test: the checks that need no running, then every test. `npm test -- packages/media` runs only those.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCount } from './count-reporter.ts'
import { buildPages } from './pages.ts'

/** More files than this that fail are no matter of time. */
const mostSecondTrials = 12

const only = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'rushes-tests-'))
const countPath = join(folder, 'count.json')
const node = (...args: string[]) =>
  spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, RUSHES_TEST_COUNT: countPath } }).status

function run(...args: string[]): { isSound: boolean; count: TestCount | null } {
  rmSync(countPath, { force: true })
  const isSound = node('node_modules/vitest/vitest.mjs', 'run', ...args) === 0
  try {
    return { isSound, count: JSON.parse(readFileSync(countPath, 'utf8')) as TestCount }
  } catch {
    return { isSound: false, count: null }
  }
}

buildPages()
const isChecked = only.length > 0 || node('scripts/check.ts') === 0
let { isSound, count } = run(...only)
const again = count?.files ?? []
// Browsers, databases and encoders share two cores with each other and with other tests, and what they are asked for
// has a time. Files whose only faults are in tests of running parts get a second trial, alone, and are named: look
// into each, it is often a real race. A test of sources alone gets none.
const ofRunning = again.reduce((sum, { failed }) => sum + failed, 0)
if (count !== null && again.length > 0 && again.length <= mostSecondTrials && ofRunning === count.failed) {
  console.log(`\n${again.length} files get a second trial, alone`)
  const before = again.reduce((sum, { passed }) => sum + passed, 0)
  const second = run('--maxWorkers=1', ...again.map(({ path }) => path))
  isSound = second.isSound
  if (second.count !== null)
    count = { ...second.count, passed: count.passed - before + second.count.passed, failed: second.count.failed }
  for (const { path, faults } of again) for (const fault of faults) console.log(`second trial: ${path} > ${fault}`)
}
if (count !== null) console.log(`${count.passed} passed, ${count.failed} failed`)
rmSync(folder, { recursive: true, force: true })
process.exit(isChecked && isSound ? 0 : 1)
