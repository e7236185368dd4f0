// npm test: the checks that need no running, then every test. `npm test -- packages/media` runs only those.
import { spawnSync } from 'node:child_process'
import { buildPages } from './pages.ts'

const only = process.argv.slice(2)
const node = (...args: string[]) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1

buildPages()
let failed = 0
if (only.length === 0) failed += node('scripts/check.ts')
failed += node('node_modules/vitest/vitest.mjs', 'run', ...only)
process.exit(failed === 0 ? 0 : 1)
