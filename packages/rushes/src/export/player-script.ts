// The player as one classic script, for pages that have everything in them. Built when it is first wanted, and kept until its sources
// change.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const sources = ['packages/{player,umf,protocol,media}/src/**/*.ts', 'package-lock.json']

/** @throws Error where it can't be built: its sources are broken */
export async function playerScript(): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'rushes')
  const kept = join(folder, `offline-player-${digestOfSources()}.js`)
  if (existsSync(kept)) return await readFile(kept, 'utf8')
  const script = await built()
  // Where nothing can be kept, as in a read-only installation, it is built each time.
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(`${kept}.${process.pid}`, script)
    await rename(`${kept}.${process.pid}`, kept)
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  return script
}

async function built(): Promise<string> {
  const { build } = await import('vite')
  const player = join(root, 'packages', 'player')
  const result = await build({
    ...{ root: player, configFile: false, logLevel: 'error', mode: 'production' },
    build: {
      ...{ write: false, target: 'es2022', modulePreload: false },
      lib: { entry: join(player, 'src', 'offline-page.ts'), formats: ['iife'], name: 'rushes' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((each) => ('output' in each ? each.output : []))
  const chunks = outputs.filter((each) => each.type === 'chunk')
  if (chunks.length !== 1) throw new Error(`the player became ${chunks.length} scripts`)
  return chunks[0]!.code
}

function digestOfSources(): string {
  const hash = createHash('sha256')
  for (const name of globSync(sources, { cwd: root }).sort()) {
    const path = join(root, name)
    if (name.endsWith('.test.ts') || !statSync(path).isFile()) continue
    hash.update(`${name}\0`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 32)
}
