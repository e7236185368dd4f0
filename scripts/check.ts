// npm run check: what can be said of the code without running it.
import { spawnSync } from 'node:child_process'
import { checkApi } from './check-api.ts'
import { checkHouse } from './check-house.ts'
import { checkImports } from './check-imports.ts'

const checks: [string, () => string[]][] = [
  ['format and lint (Biome)', () => run('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  ['types (TypeScript)', () => run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['direction of imports', checkImports],
  ['house rules', checkHouse],
  ['public API reports', () => checkApi(process.argv.includes('--update-api'))],
  ['unused code and dependencies (knip)', () => run('node_modules/knip/bin/knip.js', '--no-progress')],
]

let failed = 0
for (const [name, check] of checks) {
  const problems = check()
  console.error(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  for (const problem of problems) console.error(`     ${problem}`)
  failed += problems.length
}
process.exit(failed === 0 ? 0 : 1)

function run(script: string, ...args: string[]): string[] {
  const done = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  if (done.status === 0) return []
  const lines = `${done.stdout}${done.stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? [`exit code ${done.status}`] : lines.slice(0, 200)
}
