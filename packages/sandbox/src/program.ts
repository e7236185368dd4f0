// A program's life:
//
//   running ──ends by itself──────────────────────────────▶ ended
//      ├─stop() or time limit─▶ SIGTERM ──grace──▶ SIGKILL ──▶ ended
//      └─interrupt()──▶ SIGINT, and goes on until it has finished its output
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { confined, type ProgramLimits } from './confinement.ts'
import type { Enclosure } from './enclosure.ts'
import { findProgram } from './find-program.ts'
import { OutputTail } from './output-tail.ts'
import { endGroup, signalGroup, watchGroup } from './process-group.ts'
import { SandboxError } from './sandbox-error.ts'

export type ProgramOptions = ProgramLimits & {
  /** A name that {@link findProgram} finds, or an absolute path. */
  program: string
  /** One by one, as the program gets them: no shell ever reads them. */
  args: readonly string[]
  /** Added to the few variables that every program gets. */
  environment?: Readonly<Record<string, string>>
  folder?: string
  /** Default `none`: the program reads an end of file. */
  input?: 'none' | 'pipe'
  /** Pipes besides stdout that it writes to: file descriptors 3, 4, … */
  extraOutputs?: number
  /** Kept of stderr, bytes; default 16 KiB. */
  stderrBytes?: number
  /** Told of stderr as it comes, in whatever pieces. */
  onStderr?(bytes: Buffer): void
  timeLimitMs?: number
  /** What it sees of our files; it then gets none of our variables either. */
  enclosure?: Enclosure
  /** From SIGTERM to SIGKILL; default 2 s. */
  graceMs?: number
}

export type ProgramEnd = {
  /** Exit status; null when a signal ended it. */
  status: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
  /** The end of what it said. */
  stderr: string
}

export interface RunningProgram {
  readonly pid: number
  readonly stdin: Writable | null
  readonly stdout: Readable
  /** File descriptors 3, 4, … in this order. */
  readonly extraOutputs: readonly Readable[]
  /** Settles when the program has ended and all of its outputs were closed; never rejects. */
  readonly ended: Promise<ProgramEnd>
  stderr(): string
  /** SIGINT: programs that write files finish them. */
  interrupt(): void
  /** SIGTERM to its whole group, then SIGKILL after the grace. */
  stop(): Promise<ProgramEnd>
}

/** What a program may know of us: where things are, and where the user's sound server listens. */
const passedOn = [
  'PATH',
  'HOME',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'PULSE_SERVER',
  'FONTCONFIG_PATH',
  'LD_LIBRARY_PATH',
]

/** @throws SandboxError `program-missing`, `not-started` */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const path = findProgram(options.program)
  const [command, args] = confined(path, options.args, options, options.enclosure)
  const child = spawn(command, args, {
    detached: true, // its own group, which is what is killed
    shell: false,
    env: { ...(options.enclosure === undefined ? boundedEnvironment() : enclosedEnvironment), ...options.environment },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    stdio: [
      options.input === 'pipe' ? 'pipe' : 'ignore',
      'pipe',
      'pipe',
      ...Array.from({ length: options.extraOutputs ?? 0 }, () => 'pipe' as const),
    ],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new SandboxError('not-started', `${path}: ${error.message}`)))
  })
  return new ChildProgram(child, options)
}

function boundedEnvironment(names: readonly string[] = passedOn): Record<string, string> {
  const environment: Record<string, string> = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' }
  for (const name of names) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}

/** With a home of its own, and few arenas: each reserves address space, which is what is limited (mallopt(3)). */
const enclosedEnvironment: Record<string, string> = {
  ...boundedEnvironment(['LD_LIBRARY_PATH']),
  ...{ PATH: '/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', MALLOC_ARENA_MAX: '2' },
}

class ChildProgram implements RunningProgram {
  readonly pid: number
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly extraOutputs: readonly Readable[]
  readonly ended: Promise<ProgramEnd>
  private readonly child: ChildProcess
  private readonly graceMs: number
  private readonly tail: OutputTail
  private timedOut = false
  private hasEnded = false
  private killTimer: NodeJS.Timeout | null = null

  constructor(child: ChildProcess, options: ProgramOptions) {
    this.child = child
    this.pid = child.pid!
    this.stdin = child.stdin
    this.stdout = child.stdout!
    this.extraOutputs = child.stdio.slice(3) as Readable[]
    this.graceMs = options.graceMs ?? 2000
    this.tail = new OutputTail(options.stderrBytes ?? 16 * 1024)
    watchGroup(this.pid)
    // Writing to a program that has gone is its end to tell, not a crash of ours.
    this.stdin?.on('error', () => {})
    child.on('error', () => {})
    child.stderr!.on('data', (bytes: Buffer) => {
      this.tail.push(bytes)
      options.onStderr?.(bytes)
    })
    const { timeLimitMs } = options
    const limit = timeLimitMs === undefined ? null : setTimeout(() => this.runOut(), timeLimitMs)
    child.once('exit', () => {
      this.hasEnded = true
      if (limit !== null) clearTimeout(limit)
      if (this.killTimer !== null) clearTimeout(this.killTimer)
      endGroup(this.pid)
    })
    this.ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        resolve({ status, signal, timedOut: this.timedOut, stderr: this.stderr() })
      })
    })
  }

  stderr(): string {
    return this.tail.toString()
  }

  interrupt(): void {
    if (!this.hasEnded) this.child.kill('SIGINT')
  }

  stop(): Promise<ProgramEnd> {
    if (!this.hasEnded && this.killTimer === null) {
      signalGroup(this.pid, 'SIGTERM')
      this.killTimer = setTimeout(() => signalGroup(this.pid, 'SIGKILL'), this.graceMs)
    }
    return this.ended
  }

  private runOut(): void {
    this.timedOut = true
    void this.stop()
  }
}

export type FinishedProgram = { stdout: Uint8Array; stderr: string }

/**
 * Runs a program to its end and answers what it wrote.
 *
 * @throws SandboxError every code
 */
export async function runProgram(
  options: Omit<ProgramOptions, 'extraOutputs'> & {
    /** Written to its stdin, which is then closed. */
    stdin?: Uint8Array
    /** Of stdout; default 16 MiB. */
    outputBytes?: number
  },
): Promise<FinishedProgram> {
  const limit = options.outputBytes ?? 16 * 2 ** 20
  const program = await startProgram(options.stdin === undefined ? options : { ...options, input: 'pipe' })
  const parts: Buffer[] = []
  let size = 0
  program.stdout.on('data', (bytes: Buffer) => {
    size += bytes.length
    if (size <= limit) parts.push(bytes)
    else void program.stop()
  })
  if (options.stdin !== undefined) program.stdin!.end(options.stdin)
  const end = await program.ended
  if (size > limit) {
    throw new SandboxError('output-too-large', `${options.program} wrote over ${limit} bytes`, end.stderr)
  }
  if (end.timedOut) {
    throw new SandboxError('timed-out', `${options.program} ran over ${options.timeLimitMs} ms`, end.stderr)
  }
  if (end.status !== 0) {
    throw new SandboxError('failed', `${options.program} ended by ${end.signal ?? `status ${end.status}`}`, end.stderr)
  }
  return { stdout: new Uint8Array(Buffer.concat(parts)), stderr: end.stderr }
}
