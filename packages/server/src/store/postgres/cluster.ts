import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StoreError } from '../store-error.ts'
import type { Binaries } from './binaries.ts'
import type { PostgresUser } from './postgres-user.ts'

/** Postgres's data directory, below the server's. */
export function clusterDirOf(dataDir: string): string {
  return join(resolve(dataDir), 'postgres')
}

/**
 * How a Postgres program is told its data directory. On Linux the process is started *in* it (libuv enters
 * the working directory before it gives up root) and told `/proc/self/cwd`: a link that the kernel follows
 * without asking for the folders above. So a home of mode 0700 above the data needs no capability, no mount
 * and no chmod, and neither length nor letters of the path reach Postgres.
 */
export function clusterArgument(clusterDir: string): string {
  return process.platform === 'linux' ? '/proc/self/cwd' : clusterDir
}

/** Postgres's environment: nothing of ours, least of all a PGDATA, a PGPORT or a key. */
export function clusterEnvironment(): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

/**
 * Makes the data directory if there is none. It is made beside and renamed when complete, so that an
 * interrupted initdb leaves nothing that looks like a database.
 * @throws StoreError `database-start-failed`, `data-folder-unusable`
 */
export async function ensureCluster(
  clusterDir: string,
  binaries: Binaries,
  user: PostgresUser,
  initArguments: readonly string[] = [],
): Promise<'made' | 'found'> {
  if (existsSync(join(clusterDir, 'PG_VERSION'))) {
    ownCluster(clusterDir, user)
    return 'found'
  }
  const fresh = `${clusterDir}.new`
  makeOwnFolder(fresh, user)
  await initdb(fresh, binaries, user, initArguments)
  try {
    // An empty folder left by hand is replaced; one with files in it is not ours to remove (ENOTEMPTY).
    renameSync(fresh, clusterDir)
  } catch (error) {
    throw new StoreError('data-folder-unusable', `${clusterDir} holds files that are no database`, {
      cause: error,
      advice: `Move the files out of ${clusterDir}, or set RUSHES_DATA to another folder.`,
    })
  }
  syncFolder(dirname(clusterDir))
  return 'made'
}

function makeOwnFolder(folder: string, user: PostgresUser): void {
  try {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    if (user.spawn.uid !== undefined) chownSync(folder, user.uid, user.gid)
  } catch (error) {
    // Shared folders of virtual machines and NFS with root_squash know no other owners.
    throw new StoreError('data-folder-unusable', `a folder for Postgres cannot be made: ${error}`, {
      cause: error,
      advice: 'Put RUSHES_DATA on a local disk, run the server as another user than root, or set RUSHES_DATABASE_URL.',
    })
  }
}

/** initdb has synced the files; the name they now have is in the folder above. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

async function initdb(
  folder: string,
  binaries: Binaries,
  user: PostgresUser,
  initArguments: readonly string[],
): Promise<void> {
  const args = [
    ...['-D', clusterArgument(folder), '--username=postgres'],
    // Said in full: without LANG initdb makes SQL_ASCII, and a libc locale sorts otherwise after an upgrade.
    ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    ...['--data-checksums', '--auth-local=trust', '--auth-host=reject', '--text-search-config=simple'],
    ...initArguments,
  ]
  const child = spawn(binaries.initdb, args, {
    ...user.spawn,
    cwd: folder,
    env: clusterEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000)
  })
  const ended = await new Promise<string | null>((done) => {
    child.on('error', (error) => done(error.message))
    child.on('close', (code, signal) => done(code === 0 ? null : `ended with ${code ?? signal}: ${said.trim()}`))
  })
  if (ended !== null) throw new StoreError('database-start-failed', `making the database failed: initdb ${ended}`)
}

/** Files made by another user (a server run as somebody else before, a backup) are handed over, if we are root. */
function ownCluster(clusterDir: string, user: PostgresUser): void {
  handOverCluster(clusterDir, user)
  // Postgres refuses a directory that others may enter, as one restored from a backup often is.
  if ((statSync(clusterDir).mode & 0o777) !== 0o700) chmodSync(clusterDir, 0o700)
}

function handOverCluster(clusterDir: string, user: PostgresUser): void {
  const owner = statSync(join(clusterDir, 'PG_VERSION')).uid
  if (owner === user.uid || user.uid === -1) return
  if (user.spawn.uid === undefined) {
    throw new StoreError('data-folder-unusable', `the database in ${clusterDir} belongs to user id ${owner}`, {
      advice: `Run the server as the user it ran as before, or give it the files: chown -R ${user.uid} ${clusterDir}`,
    })
  }
  const handOver = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name)
      if (entry.isDirectory()) handOver(child)
      lchownSync(child, user.uid, user.gid)
    }
  }
  handOver(clusterDir)
  chownSync(clusterDir, user.uid, user.gid)
}

/** @throws StoreError `database-version` when the data directory is another major version's */
export function checkClusterVersion(clusterDir: string, major: number): void {
  const found = readFileSync(join(clusterDir, 'PG_VERSION'), 'utf8').trim()
  if (found === String(major)) return
  throw new StoreError(
    'database-version',
    `the database in ${clusterDir} was made by Postgres ${found}, the binaries are of Postgres ${major}`,
    {
      advice: `Install the release of Rushes that made it (Postgres ${found}), or move the data over with pg_dumpall and psql of both versions.`,
    },
  )
}
