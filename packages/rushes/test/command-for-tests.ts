import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const main = join(import.meta.dirname, '..', 'src', 'main.ts')
/** As bin/rushes.js has it. */
const compileCache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'node')

export type CommandEnd = { status: number | null; signal: NodeJS.Signals | null }

export interface RunningCommand {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  readonly ended: Promise<CommandEnd>
  /** Writes to its stdin, or presses keys where it has a terminal. */
  type(text: string): void
  signal(name: NodeJS.Signals): void
  /** Resolves when stdout or stderr has it. @throws Error when the command ends before */
  says(pattern: RegExp): Promise<RegExpMatchArray>
}

const running = new Set<ChildProcess>()

/** The real command, as a process of its own; `server`, `key` and what else the environment says. */
export function startCommand(args: readonly string[], environment: Record<string, string> = {}): RunningCommand {
  return watch(spawn(process.execPath, [main, ...args], { env: environmentOf(environment) }))
}

/** The same on a terminal of this size, by script(1). */
export function startOnTerminal(
  args: readonly string[],
  { columns, rows, ...environment }: { columns: number; rows: number } & Record<string, unknown>,
  program: string = main,
): RunningCommand {
  const quoted = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
  const line = `stty cols ${columns} rows ${rows}; exec ${quoted}`
  return watch(
    spawn('script', ['-qec', line, '/dev/null'], { env: environmentOf(environment as Record<string, string>) }),
  )
}

/** To its end, with all that it said. */
export async function runCommand(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandEnd & { stdout: string; stderr: string }> {
  const command = startCommand(args, environment)
  const end = await command.ended
  return { ...end, stdout: command.stdout, stderr: command.stderr }
}

/** Whatever a failed test left behind. */
export function endCommands(): void {
  for (const child of running) child.kill('SIGKILL')
}

function environmentOf(added: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH, HOME, LANG: 'C.UTF-8', TERM: 'xterm-256color', NODE_COMPILE_CACHE: compileCache, ...added }
}

function watch(child: ChildProcess): RunningCommand {
  running.add(child)
  const said = { stdout: '', stderr: '' }
  let heard = Promise.withResolvers<void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      heard.resolve()
      heard = Promise.withResolvers()
    })
  }
  let hasEnded = false
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('close', (status, signal) => {
      hasEnded = true
      running.delete(child)
      resolve({ status, signal })
    })
  })
  return {
    pid: child.pid!,
    get stdout() {
      return said.stdout
    },
    get stderr() {
      return said.stderr
    },
    ended,
    type: (text) => void child.stdin!.write(text),
    signal: (name) => void child.kill(name),
    async says(pattern) {
      for (;;) {
        const found = said.stdout.match(pattern) ?? said.stderr.match(pattern)
        if (found !== null) return found
        if (hasEnded) throw new Error(`ended without saying ${pattern}: ${said.stdout}${said.stderr}`)
        await Promise.race([heard.promise, ended])
      }
    },
  }
}
