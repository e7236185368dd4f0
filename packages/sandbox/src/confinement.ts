import { spawnSync } from 'node:child_process'
import { findProgram } from './find-program.ts'
import { SandboxError } from './sandbox-error.ts'

/**
 * The command line that runs a program so that it dies with us, and with a limit on its memory. Node can set neither,
 * so util-linux's setpriv (PR_SET_PDEATHSIG, prctl(2)) and prlimit (RLIMIT_AS) do, and then become the program by
 * execve: its process id is the one that we start. Where they are missing (macOS) it runs without.
 */
export function confined(path: string, args: readonly string[], memoryBytes: number | undefined): [string, string[]] {
  let command = [path, ...args]
  const setpriv = workingSetpriv()
  // The signal comes when the thread that started it ends, as with a worker, or with the whole process.
  if (setpriv !== null) command = [setpriv, '--pdeathsig', 'KILL', '--', ...command]
  if (memoryBytes !== undefined) command = [findProgram('prlimit'), `--as=${Math.round(memoryBytes)}`, '--', ...command]
  return [command[0]!, command.slice(1)]
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
