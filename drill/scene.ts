// Everything a drill puts on the machine, and its removal: on success, on failure and on Ctrl-C alike.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'

export interface Scene {
  /** On disk; gone at the end. */
  readonly folder: string
  /** `undo` runs at the end, last added first. It has to be synchronous: it also runs while the process exits. */
  onEnd(undo: () => void): void
  close(): void
}

const open = new Set<Scene>()
process.on('exit', () => {
  // Inner scenes lie in outer ones.
  for (const scene of [...open].reverse()) scene.close()
})
const leave = (): never => process.exit(130)

/** Ctrl-C tidies up while there is something to tidy, and is nobody's business here otherwise. */
function minded(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.off(signal, leave)
    if (open.size > 0) process.on(signal, leave)
  }
}

export function openScene(parent: string = tmpdir()): Scene {
  const folder = mkdtempSync(join(parent, 'rushes-drill-'))
  const undos: (() => void)[] = []
  const scene: Scene = {
    folder,
    onEnd: (undo) => void undos.push(undo),
    close() {
      if (!open.delete(scene)) return
      minded()
      endProcessesIn(folder)
      const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      for (const undo of [...undos.reverse(), remove]) {
        try {
          undo()
        } catch (error) {
          process.stderr.write(`drill: could not tidy up: ${error}\n`)
        }
      }
    },
  }
  open.add(scene)
  minded()
  return scene
}

/** Processes that work in a folder of the scene, such as a Postgres whose server was killed: nobody else's can be there. */
export function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (readlinkSync(`/proc/${pid}/cwd`) + sep).startsWith(folder + sep)
      } catch {
        return false
      }
    })
}

export function killNow(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}

export function endProcessesIn(folder: string): void {
  for (let tries = 0; tries < 50; tries++) {
    const pids = processesIn(folder)
    if (pids.length === 0) return
    for (const pid of pids) killNow(pid)
    pause(20)
  }
}

/** Waits without giving up the thread: tidying up may run while the process exits. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Runs a program of the system to its end. @throws Error with what it said */
export function runProgram(program: string, args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' })
  if (done.status === 0) return done.stdout
  throw new Error(`${program} ${args.join(' ')}: ${done.error?.message ?? done.stderr.trim()}`)
}
