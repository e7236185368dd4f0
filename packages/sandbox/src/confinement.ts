import { spawnSync } from 'node:child_process'
import type { Enclosure } from './enclosure.ts'
import { findProgram } from './find-program.ts'
import { SandboxError } from './sandbox-error.ts'

/** By setrlimit(2), for each process. @throws SandboxError `program-missing` where there is no prlimit */
export type ProgramLimits = {
  /** Address space. */
  memoryBytes?: number
  /** What it may write to of that (Linux counts private mappings): for programs that reserve far more than they use. */
  dataBytes?: number
  /** CPU time of all threads. */
  cpuSeconds?: number
  /** Of each file that it writes. */
  fileBytes?: number
  /** Processes and threads; held only where {@link enclose | bubblewrap} gives it a count of its own. */
  processes?: number
  openFiles?: number
  /** 1 to 19: how far it stands behind all else that wants the processor. */
  niceness?: number
}

/**
 * The command line that runs a program so that it dies with us, and with limits. Node can set neither, so util-linux's
 * setpriv (PR_SET_PDEATHSIG, prctl(2)) and prlimit do, and then become the program by execve: its process id is the one
 * that we start (bubblewrap's, which waits for it, where it is enclosed). Where setpriv is missing (macOS) it runs without.
 */
export function confined(
  path: string,
  args: readonly string[],
  limits: ProgramLimits,
  enclosure: Enclosure | undefined,
): [string, string[]] {
  const limited = limitArguments(limits, enclosure?.isIsolated === true)
  const command = [
    ...dyingWithUs(),
    ...(limits.niceness === undefined ? [] : [findProgram('nice'), '-n', String(limits.niceness)]),
    ...(enclosure?.command(path) ?? []),
    ...(limited.length === 0 ? [] : [findProgram('prlimit'), '--core=0', ...limited, '--']),
    ...[path, ...args],
  ]
  return [command[0]!, command.slice(1)]
}

function limitArguments(limits: ProgramLimits, isIsolated: boolean): string[] {
  const names = {
    as: limits.memoryBytes,
    data: limits.dataBytes,
    cpu: limits.cpuSeconds,
    fsize: limits.fileBytes,
    // Outside of a namespace all that this user runs counts.
    nproc: isIsolated ? limits.processes : undefined,
    nofile: limits.openFiles,
  }
  return Object.entries(names).flatMap(([name, limit]) =>
    limit === undefined ? [] : [`--${name}=${Math.ceil(limit)}`],
  )
}

/** The signal comes when the thread that started it ends, as with a worker, or with the whole process. */
function dyingWithUs(): string[] {
  const setpriv = workingSetpriv()
  return setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL', '--']
}

let setprivPath: string | null | undefined

/** setpriv, where it is there and old kernels or containers don't refuse what we want of it; tried once. */
function workingSetpriv(): string | null {
  if (setprivPath === undefined) {
    try {
      const path = findProgram('setpriv')
      const tried = spawnSync(path, ['--pdeathsig', 'KILL', '--', path, '--version'], { stdio: 'ignore' })
      setprivPath = tried.status === 0 ? path : null
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error
      setprivPath = null
    }
  }
  return setprivPath
}
