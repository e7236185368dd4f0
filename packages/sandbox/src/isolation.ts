import { spawnSync } from 'node:child_process'
import { existsSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, sep } from 'node:path'
import { findProgram } from './find-program.ts'
import { SandboxError } from './sandbox-error.ts'
import { makeWorkFolder, type SandboxUser } from './work-folder.ts'

/** What this machine can put between a foreign program and everything else. */
export type Isolation =
  /** `user`: whom programs run as when we are root; null: as ourselves. */
  | { kind: 'bubblewrap'; path: string; user: SandboxUser | null; nested: 'refused' | 'possible' }
  /** Limits and allow-lists hold; files and network are within reach. */
  | { kind: 'none'; reason: string }

/** Debian's nobody; it owns no files, so that whoever breaks out of the namespaces is nobody still. */
const nobody: SandboxUser = { uid: 65_534, gid: 65_534 }

/** What a few programs need besides their files. */
export type Surroundings = {
  /** Of `/tmp`, which is in memory; default 64 MiB. */
  temporaryBytes?: number
  /** A `/proc` of the program's own processes. */
  hasProc?: boolean
  /** Folders of the system that it may read, where they are there: settings below `/etc`, say. */
  folders?: readonly string[]
}

const temporaryBytes = 64 * 2 ** 20

let found: Isolation | undefined

/** Tried once, with a program and a file: whether namespaces are allowed can't be told by looking. */
export function isolation(): Isolation {
  found ??= tryIsolation()
  return found
}

function tryIsolation(): Isolation {
  let path: string
  try {
    path = findProgram('bwrap')
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    return { kind: 'none', reason: error.message }
  }
  let reason = ''
  const isRoot = process.getuid?.() === 0
  for (const user of isRoot ? [nobody, null] : [null]) {
    // --disable-userns came with bubblewrap 0.8.
    for (const nested of ['refused', 'possible'] as const) {
      const candidate: Isolation = { kind: 'bubblewrap', path, user, nested }
      reason = tryCandidate(candidate)
      if (reason === '') return candidate
    }
  }
  return { kind: 'none', reason: `bubblewrap does not work here: ${reason}` }
}

/** Why it doesn't work; an empty text when it does. */
function tryCandidate(candidate: Extract<Isolation, { kind: 'bubblewrap' }>): string {
  const folder = makeWorkFolder(candidate.user, tmpdir())
  try {
    const file = { outside: folder.newFile('tried'), inside: '/in/0' }
    const program = findProgram('cat')
    const [command, ...args] = [
      ...asUser(candidate.user),
      ...bubblewrapCommand(candidate, { inputs: [file], outputs: [] }, program),
      ...[program, '/in/0'],
    ]
    const tried = spawnSync(command!, args, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'pipe'] })
    return tried.status === 0 ? '' : (tried.stderr || tried.error?.message || `status ${tried.status}`).trim()
  } catch (error) {
    if (error instanceof SandboxError) return error.message
    throw error
  } finally {
    rmSync(folder.path, { recursive: true, force: true })
  }
}

/** A command to put in front that changes whom the rest runs as. */
export function asUser(user: SandboxUser | null): string[] {
  if (user === null) return []
  return [findProgram('setpriv'), `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--']
}

export type Mount = { outside: string; inside: string }

/**
 * The profile: no network, no processes but its own, no privileges, not our terminal, a file system of the system's
 * programs (read-only), the inputs (read-only), one file for each output, and an empty `/tmp`; no `/home`, no `/proc`,
 * of `/etc` what the dynamic linker needs; and the surroundings that are asked for. It ends with us.
 */
export function bubblewrapCommand(
  { path, nested }: Extract<Isolation, { kind: 'bubblewrap' }>,
  mounts: { inputs: readonly Mount[]; outputs: readonly Mount[] },
  program: string,
  surroundings: Surroundings = {},
): string[] {
  return [
    ...[path, '--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...(nested === 'refused' ? ['--disable-userns'] : []),
    ...['--hostname', 'sandbox', '--uid', String(nobody.uid), '--gid', String(nobody.gid)],
    ...systemFolders(),
    ...['/etc/ld.so.cache', '/etc/alternatives'].flatMap((file) => ['--ro-bind-try', file, file]),
    ...(surroundings.folders ?? []).flatMap((folder) => ['--ro-bind-try', folder, folder]),
    ...(surroundings.hasProc === true ? ['--proc', '/proc'] : []),
    ...['--dev', '/dev', '--size', String(surroundings.temporaryBytes ?? temporaryBytes), '--tmpfs', '/tmp'],
    ...programFiles(program).flatMap((file) => ['--ro-bind', file, file]),
    ...mounts.inputs.flatMap(({ outside, inside }) => ['--ro-bind', outside, inside]),
    ...mounts.outputs.flatMap(({ outside, inside }) => ['--bind', outside, inside]),
    // These two are file systems in memory that nothing bounds: from here on nothing is added to them.
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/tmp', '--'],
  ]
}

/** `/usr`, and its parts where old names point to them. */
function systemFolders(): string[] {
  const folders = ['--ro-bind', '/usr', '/usr']
  for (const name of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    if (!existsSync(name)) continue
    const target = linkTarget(name)
    folders.push(...(target === null ? ['--ro-bind', name, name] : ['--symlink', target, name]))
  }
  return folders
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** A program that was put elsewhere is seen at its own path, with the libraries that it was told of. */
function programFiles(program: string): string[] {
  const libraries = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => isAbsolute(folder))
  const wanted = [program, realpathSync(program), ...libraries]
  return [...new Set(wanted)].filter((path) => existsSync(path) && !isOfSystem(path))
}

function isOfSystem(path: string): boolean {
  return ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'].some((folder) => path.startsWith(folder + sep))
}

/** Whether `user` gets to a file by its path, and may read it. */
export function isWithinReach(path: string, user: SandboxUser): boolean {
  const { mode, uid } = statSync(path)
  return (mode & (uid === user.uid ? 0o400 : 0o004)) !== 0 && canEnter(dirname(path), user)
}

export function canEnter(folder: string, user: SandboxUser): boolean {
  const { mode, uid } = statSync(folder)
  if ((mode & (uid === user.uid ? 0o100 : 0o001)) === 0) return false
  return folder === dirname(folder) || canEnter(dirname(folder), user)
}
