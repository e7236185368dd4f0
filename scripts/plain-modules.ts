// Packages for other people's pages: plain JavaScript modules, without anything of this repository.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/** @param entries names of modules in `folder`, and the sources they are built from */
export async function buildPlainModules(root: string, entries: Record<string, string>, folder: string): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    // Workers and WebAssembly are found beside the module that asks for them, wherever a page puts the folder.
    base: './',
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: {
        input: entries,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  })
}

/** What an entry loads by itself, compressed; without what it asks for later. */
export function entryBytes(folder: string, entry: string): number {
  const seen = new Set<string>()
  const visit = (path: string): number => {
    if (seen.has(path)) return 0
    seen.add(path)
    const text = readFileSync(path, 'utf8')
    const imports = [...text.matchAll(/\b(?:import|from)\s*["'](\.[^"']+)["']/g)]
    return imports.reduce((sum, [, to]) => sum + visit(join(dirname(path), to!)), gzipSync(text, { level: 9 }).length)
  }
  return visit(join(folder, entry))
}
