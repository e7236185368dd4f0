// What other people's pages load: the player as plain JavaScript, without anything of this repository.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { buildPlainModules, entryBytes } from './plain-modules.ts'

const player = join(import.meta.dirname, '..', 'packages', 'player')

/** Builds `index.js` (`rushes-player`) and `archive.js` (`rushes-archive`), with the examples, into `folder`. */
export async function buildPlayerPackage(folder: string): Promise<void> {
  const entries = { index: join(player, 'src/index.ts'), archive: join(player, 'src/archive/rushes-archive.ts') }
  await buildPlainModules(player, entries, folder)
  cpSync(join(player, 'examples'), join(folder, 'examples'), { recursive: true })
}

if (import.meta.main) {
  const folder = join(player, 'dist')
  await buildPlayerPackage(folder)
  for (const entry of ['index.js', 'archive.js']) {
    console.log(`${entry}: ${(entryBytes(folder, entry) / 1000).toFixed(1)} kB compressed, with what it loads`)
  }
}
