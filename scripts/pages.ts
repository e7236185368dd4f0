import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const web = join(root, 'packages/web')
const stamp = join(web, 'dist', '.built-from')
const sources = [
  'packages/{web,player,recorder,uploader,umf,protocol,media}/src/**/*.{ts,css}',
  'packages/web/{index.html,vite.config.ts,public/**}',
  'package-lock.json',
]

/**
 * Builds the pages, unless those that are there were built from the same sources. In a process of its own: a bundler
 * leaves hundreds of megabytes behind, which a server would carry from then on.
 */
export function buildPages(): void {
  const wanted = digestSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('building the pages (once per change of their sources) …')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const built = spawnSync(process.execPath, [vite, 'build', web, '--logLevel', 'error'], {
    // Vitest's own would make a build for development.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 2, 2],
  })
  if (built.status !== 0) throw new Error('the pages could not be built: see above')
  writeFileSync(stamp, wanted)
}

function digestSources(): string {
  const hash = createHash('sha256')
  for (const name of globSync(sources, { cwd: root }).sort()) {
    const path = join(root, name)
    if (name.endsWith('.test.ts') || !statSync(path).isFile()) continue
    hash.update(`${name}\0`).update(readFileSync(path))
  }
  return hash.digest('hex')
}
