// Builds that lack one safeguard. A drill that does not notice proves nothing: they have to be found broken.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scene } from './scene.ts'
import { repositoryRoot } from './server-process.ts'

/** An exact piece of a source file, and what stands there instead. */
export type Removal = { file: string; text: string; instead: string }

/**
 * A copy of the sources with the safeguard taken out, run with the installed dependencies.
 *
 * @throws Error where the text is not there exactly once: the control has to follow the code
 */
export function buildWithout(scene: Scene, name: string, removals: readonly Removal[]): string {
  const root = join(scene.folder, name)
  const modules = join(root, 'node_modules')
  mkdirSync(join(modules, '@rushes'), { recursive: true })
  for (const entry of readdirSync(join(repositoryRoot, 'node_modules'))) {
    if (entry === '@rushes' || entry === 'rushes') continue
    symlinkSync(join(repositoryRoot, 'node_modules', entry), join(modules, entry))
  }
  for (const entry of readdirSync(join(repositoryRoot, 'packages'))) {
    const from = join(repositoryRoot, 'packages', entry)
    const to = join(root, 'packages', entry)
    for (const part of ['src', 'package.json']) {
      if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true })
    }
    // Packages are imported by name from the copy, not from the repository.
    symlinkSync(to, entry === 'rushes' ? join(modules, entry) : join(modules, '@rushes', entry))
  }
  for (const { file, text, instead } of removals) {
    const path = join(root, file)
    const source = readFileSync(path, 'utf8')
    if (source.split(text).length !== 2) throw new Error(`${file} does not have, exactly once:\n${text}`)
    writeFileSync(
      path,
      source.replace(text, () => instead),
    )
  }
  return root
}
