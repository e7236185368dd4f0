import { existsSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { StoreError } from '../store-error.ts'

/** Whom Postgres runs as; `spawn` goes into child_process options and is empty when it is ourselves. */
export type PostgresUser = { name: string; uid: number; gid: number; spawn: { uid?: number; gid?: number } }

type PasswdEntry = { name: string; uid: number; gid: number }

/**
 * Postgres refuses to run as root, so root's server lends it another user: the one that owns the database's
 * files already, else `postgres`, else `nobody`. initdb asks for that user's name, so it needs an entry in
 * passwd. Everyone else runs it as themselves.
 * @throws StoreError `no-database-user`
 */
export function choosePostgresUser(clusterDir: string): PostgresUser {
  const ownUid = process.getuid?.()
  if (ownUid !== 0) {
    const name = ownName()
    // The server runs without a name, as containers started with any uid do; initdb alone insists on one.
    if (name === undefined && !existsSync(clusterDir)) {
      throw new StoreError('no-database-user', `the user id ${ownUid} has no entry in /etc/passwd`, {
        advice:
          'Add a user with that id to the system or the image, run as one that has a name, or set RUSHES_DATABASE_URL.',
      })
    }
    return { name: name ?? '', uid: ownUid ?? -1, gid: process.getgid?.() ?? -1, spawn: {} }
  }
  const entries = passwdEntries()
  const owner = ownerOf(clusterDir)
  const entry =
    entries.find(({ uid }) => uid === owner && uid !== 0) ??
    entries.find(({ name, uid }) => name === 'postgres' && uid !== 0) ??
    entries.find(({ name, uid }) => name === 'nobody' && uid !== 0)
  if (!entry) {
    throw new StoreError('no-database-user', 'Postgres does not run as root, and there is no other user for it', {
      advice:
        'Add a user (useradd --system postgres), run the server as another user than root, or set RUSHES_DATABASE_URL.',
    })
  }
  return { ...entry, spawn: { uid: entry.uid, gid: entry.gid } }
}

/** Asked of the system, not of /etc/passwd: users may come from a directory service. */
function ownName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}

function passwdEntries(): PasswdEntry[] {
  let text: string
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    return []
  }
  // passwd(5): name:password:UID:GID:…
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')
      ? [{ name, uid: Number(uid), gid: Number(gid) }]
      : []
  })
}
