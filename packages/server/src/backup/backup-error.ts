export type BackupErrorCode =
  /** There is no server's data at the source. */
  | 'nothing-to-back-up'
  /** This user may not read the source, or not write to the target. */
  | 'not-permitted'
  /** The folder holds something else, or lies inside of what is backed up. */
  | 'wrong-folder'
  /** The folder is the backup of another server. */
  | 'other-server'
  | 'backup-running'
  /** There is no finished backup in the folder. */
  | 'no-backup'
  /** What lies in the backup is not what was put there. */
  | 'backup-damaged'
  /** A newer release made the backup. */
  | 'backup-newer'
  /** Where it should be restored to is something already. */
  | 'target-not-empty'
  | 'disk-full'
  | 'disk-failed'
  | 'interrupted'

/** Why a backup was not taken or restored; the message ends with what to do about it. */
export class BackupError extends Error {
  readonly code: BackupErrorCode

  constructor(code: BackupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupError'
    this.code = code
  }
}

const goesOn = 'run the same command again: what is copied already stays, and it goes on from there'

/** An error of the operating system at `path` as one of ours; what is neither is given back as it is. */
export function backupError(cause: unknown, path: string): unknown {
  if (cause instanceof BackupError || !(cause instanceof Error)) return cause
  if (cause.name === 'AbortError') return new BackupError('interrupted', `stopped; ${goesOn}`, { cause })
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new BackupError('disk-full', `the disk of ${path} is full; make room and ${goesOn}`, { cause })
    case 'EACCES':
    case 'EPERM':
      return new BackupError(
        'not-permitted',
        `${cause.message}; run this as the user that the server runs as, or as root`,
        { cause },
      )
    case 'EIO':
    case 'EROFS':
      return new BackupError('disk-failed', `${cause.message}; mend or change the disk and ${goesOn}`, { cause })
    default:
      return cause
  }
}
