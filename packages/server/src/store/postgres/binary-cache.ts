import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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
 * @param places where copies may go, tried in order; see `cachePlaces`
 * @throws StoreError `binaries-unreachable`
 */
export function reachableBinaries(
  installed: Binaries,
  places: readonly string[],
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
  const release = releaseOf(installed.root)
  for (const place of places.map((folder) => join(folder, release))) {
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

/** For the copy: with the data where its user can get there, else where the system keeps such things. */
export function cachePlaces(dataDir: string): string[] {
  const ours = process.getuid?.() ?? 0
  return [
    join(dataDir, 'postgres-binaries'),
    ...(ours === 0 ? ['/var/cache/rushes-postgres', '/var/lib/rushes-postgres'] : []),
    // Last, because temporary folders are swept by age; a swept file is put back at the next start.
    join(tmpdir(), `rushes-${ours}-postgres`),
  ]
}

/** The package's version: another release's files are never mixed in. */
function releaseOf(installedRoot: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(installedRoot, '..', 'package.json'), 'utf8')) as {
      version: string
    }
    return version.replaceAll(/[^\w.-]/g, '_')
  } catch {
    return 'unknown'
  }
}

/**
 * Makes a folder that others may pass through, whatever the umask (root's is often 0077), with those above it.
 * One that is there already has to be ours: in a shared temporary folder another user may have been first.
 */
function makePassable(folder: string, levels: number): void {
  if (levels > 0) makePassable(dirname(folder), levels - 1)
  try {
    mkdirSync(folder)
    chmodSync(folder, 0o755)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const found = lstatSync(folder)
    if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid) || (found.mode & 0o002) !== 0) {
      throw new Error('is not a folder of ours alone')
    }
  }
}

/** Brings a copy below `place` up to date and returns its root. What is there and right is left alone. */
function copyBinaries(installedRoot: string, links: { path: string; to: string }[], place: string): string {
  makePassable(place, 1)
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
  makePassable(to, 0)
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
