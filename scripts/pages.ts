import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const web = join(root, 'packages/web')
const stamp = join(web, 'dist', '.built-from')

/** Builds the pages, unless those that are there were built from the same sources. */
export async function buildPages(): Promise<string> {
  const sources = digestSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return join(web, 'dist')
  console.error('building the pages …')
  const { build } = await import('vite')
  await build({ root: web, configFile: join(web, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(stamp, sources)
  return join(web, 'dist')
}

function digestSources(): string {
  const hash = createHash('sha256')
  const patterns = [
    'packages/{web,player,recorder,protocol,media}/src/**/*.{ts,css}',
    'packages/web/{index.html,vite.config.ts,public/**}',
    'package-lock.json',
  ]
  for (const name of globSync(patterns, { cwd: root }).sort()) {
    if (name.endsWith('.test.ts')) continue
    const path = join(root, name)
    hash.update(name)
    try {
      hash.update(readFileSync(path))
    } catch {
      // a folder that the pattern matched
    }
  }
  return hash.digest('hex')
}
