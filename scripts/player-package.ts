// What other people's pages load: the player as plain JavaScript, without anything of this repository.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { entryBytes } from './recorder-package.ts'

const player = join(import.meta.dirname, '..', 'packages', 'player')

/** Builds `index.js` (`rushes-player`) and `archive.js` (`rushes-archive`), with the examples, into `folder`. */
export async function buildPlayerPackage(folder: string): Promise<void> {
  await build({
    root: player,
    configFile: false,
    logLevel: 'error',
    base: './',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: {
        input: { index: join(player, 'src/index.ts'), archive: join(player, 'src/archive/rushes-archive.ts') },
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  })
  cpSync(join(player, 'examples'), join(folder, 'examples'), { recursive: true })
}

if (import.meta.main) {
  const folder = join(player, 'dist')
  await buildPlayerPackage(folder)
  for (const entry of ['index.js', 'archive.js']) {
    console.log(`${entry}: ${(entryBytes(folder, entry) / 1000).toFixed(1)} kB compressed, with what it loads`)
  }
}
