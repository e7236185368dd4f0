import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import {
  type Binaries,
  type BinaryVersion,
  binariesAt,
  libraryLinks,
  linkLibraries,
  probeBinaries,
} from './binaries.ts'
import type { PostgresUser } from './postgres-user.ts'

/**
 * The binaries where Postgres's user can run them: as installed when that works, else a copy outside. The
 * usual reason is root's home: mode 0700 above node_modules shuts every other user out. (Postgres resolves
 * its own path to find its libraries, so unlike the data directory it cannot be handed in as an open folder.)
 * @throws StoreError `binaries-unreachable`
 */
export function reachableBinaries(
  installed: Binaries,
  dataDir: string,
  user: PostgresUser,
): { binaries: Binaries; version: BinaryVersion } {
  const problems: string[] = []
  const links = libraryLinks(installed.root)
  if (linkLibraries(installed.root, links)) {
    const version = probeBinaries(installed, user)
    if (!('problem' in version)) return { binaries: installed, version }
    problems.push(version.problem)
  } else {
    problems.push(`${installed.root} is read-only and lacks its library links`)
  }
  for (const place of cachePlaces(dataDir)) {
    try {
      const binaries = binariesAt(copyBinaries(installed.root, links, place))
      const version = probeBinaries(binaries, user)
      if (!('problem' in version)) return { binaries, version }
      problems.push(version.problem)
    } catch (error) {
      problems.push(`${place}: ${error instanceof Error ? error.message : error}`)
    }
  }
  throw new StoreError('binaries-unreachable', `Postgres cannot be run: ${problems.join('; ')}`, {
    advice: `Make the folders above ${installed.root} passable (chmod o+x), run the server as another user than root, or set RUSHES_DATABASE_URL.`,
  })
}

function cachePlaces(dataDir: string): string[] {
  const ours = process.getuid?.() ?? 0
  return [
    join(dataDir, 'postgres-binaries'),
    ...(ours === 0 ? ['/var/cache/rushes/postgres-binaries', '/var/lib/rushes/postgres-binaries'] : []),
    // Last, because temporary folders are swept by age; a swept file is put back at the next start.
    join(tmpdir(), `rushes-${ours}-postgres-binaries`),
  ]
}

/** Brings a copy below `place` up to date and returns its root. What is there and right is left alone. */
function copyBinaries(installedRoot: string, links: { path: string; to: string }[], place: string): string {
  mkdirSync(place, { recursive: true, mode: 0o755 })
  const found = lstatSync(place)
  // In a shared temporary folder another user may have been here first; their files are not run.
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid) || (found.mode & 0o022) !== 0) {
    throw new Error('is not a folder of ours alone')
  }
  // The umask may have been narrower than 0022, as it often is for root.
  chmodSync(place, 0o755)
  for (const folder of ['bin', 'lib', 'share']) copyFolder(join(installedRoot, folder), join(place, folder))
  for (const { path, to } of links) {
    try {
      symlinkSync(to, join(place, path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return place
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    // Static libraries and pg_ctl are for building and for hands.
    if (entry.name.endsWith('.a') || entry.name === 'pg_ctl') continue
    if (entry.isDirectory()) copyFolder(source, target)
    else if (entry.isFile()) copyFile(source, target)
  }
}

function copyFile(source: string, target: string): void {
  const original = lstatSync(source)
  const present = lstatSync(target, { throwIfNoEntry: false })
  if (present?.isFile() && present.size === original.size && present.mtimeMs >= original.mtimeMs) return
  const fresh = `${target}.${process.pid}.new`
  rmSync(fresh, { force: true })
  // A hard link shares the mode, so a file that others may not read has to be copied.
  if ((original.mode & 0o004) !== 0 && tryLink(source, fresh)) {
    renameSync(fresh, target)
    return
  }
  copyFileSync(source, fresh)
  chmodSync(fresh, (original.mode & 0o100) !== 0 ? 0o755 : 0o644)
  renameSync(fresh, target)
}

function tryLink(source: string, target: string): boolean {
  try {
    linkSync(source, target)
    return true
  } catch {
    // Another file system, or one without links.
    return false
  }
}
