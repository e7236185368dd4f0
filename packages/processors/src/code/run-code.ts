// Code of an archive, run where it can do nothing but compute.
//
//   no key that is trusted ──▶ refused
//   trusted ──▶ a process of its own: Node's permission model, limits, bubblewrap or no descriptors ──▶ its answer
//                  └── too long, too much, thrown ──▶ killed, and said why
import { deserialize, serialize } from 'node:v8'
import {
  enclose,
  findProgram,
  type ProgramEnd,
  type ProgramOptions,
  type RunningProgram,
  runProgram,
  SandboxError,
  startProgram,
} from '@rushes/sandbox'
import type { Archive } from '@rushes/umf'
import { CodeError } from './code-error.ts'
import { codeProcess } from './code-process.ts'
import { trustedCode } from './trusted-code.ts'

export type CodeLimits = {
  /** From its start to its answer. */
  timeMs: number
  /** Of its objects, and as much again for its buffers. */
  memoryBytes: number
  inputBytes: number
  outputBytes: number
}

export const defaultCodeLimits: CodeLimits = {
  timeMs: 10_000,
  memoryBytes: 128 * 2 ** 20,
  inputBytes: 64 * 2 ** 20,
  // What is nothing but small objects takes twenty times as much once it is read.
  outputBytes: 16 * 2 ** 20,
}

export type CodeRun = {
  /** The item's. */
  name: string
  /** Anything that can be cloned (HTML §2.7); the module's default export is called with it. */
  input: unknown
  /** SubjectPublicKeyInfo, base64. */
  trustedKeys: readonly string[]
  limits?: Partial<CodeLimits>
}

/** What Node itself needs: V8 sets 512 MiB aside for machine code, most of which is never used. */
const nodeBytes = 640 * 2 ** 20

/**
 * Runs a code item, an ECMAScript module, and answers what its default export does; it may be a promise. The answer is as
 * strange as the code: parse it.
 *
 * @throws CodeError every code; UmfError `not-found`, `source`
 */
export async function runCode(archive: Archive, { name, input, trustedKeys, limits }: CodeRun): Promise<unknown> {
  const code = await trustedCode(archive, name, trustedKeys)
  const bounds = { ...defaultCodeLimits, ...limits }
  const task = serialize([code, input])
  if (task.length > bounds.inputBytes)
    throw new CodeError('too-large', `${name} is given over ${bounds.inputBytes} bytes`)
  return await inProcess(name, task, bounds)
}

async function inProcess(name: string, task: Uint8Array, limits: CodeLimits): Promise<unknown> {
  // Named as an input, Node is also known to be within reach of whomever it runs as.
  const enclosure = enclose({ inputs: [process.execPath], outputs: [] })
  try {
    const program = await startProgram({ ...programOf(limits), enclosure })
    const answer = collected(name, program, limits)
    try {
      await answer.ready
      if (!enclosure.isIsolated) await closeOff(program.pid)
    } catch (fault) {
      await program.stop()
      throw fault
    }
    program.stdin!.end(task)
    return read(name, await program.ended, answer, limits)
  } catch (fault) {
    if (!(fault instanceof SandboxError)) throw fault
    throw new CodeError('not-isolated', `code can't be kept to itself here: ${fault.message}`, fault.detail)
  }
}

function programOf({ timeMs, memoryBytes }: CodeLimits): ProgramOptions {
  const megabytes = Math.max(16, Math.ceil(memoryBytes / 2 ** 20))
  return {
    program: process.execPath,
    args: [
      // No files, processes, threads, add-ons, inspector; Node 24 has no say over the network.
      ...['--permission', '--no-addons', '--experimental-vm-modules', '--no-warnings', '--no-global-search-paths'],
      ...[`--max-old-space-size=${megabytes}`, '--max-semi-space-size=8', '--v8-pool-size=1'],
      ...['--input-type=commonjs', '--eval', codeProcess],
    ],
    environment: { UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: '' },
    input: 'pipe',
    timeLimitMs: timeMs,
    graceMs: 0,
    dataBytes: 2 * memoryBytes + nodeBytes,
    cpuSeconds: Math.ceil(timeMs / 1000) + 2,
    fileBytes: 0,
    processes: 64,
    niceness: 5,
  }
}

/**
 * A process without a descriptor that it may still open reads no file and connects to nothing (getrlimit(2)); those that it
 * has stay. What keeps it from raising the limit again is that nothing in it can ask for that.
 *
 * @throws SandboxError
 */
async function closeOff(pid: number): Promise<void> {
  await runProgram({
    program: findProgram('prlimit'),
    args: [`--pid=${pid}`, '--nofile=0:0'],
    timeLimitMs: 10_000,
  })
}

type Collected = { ready: Promise<void>; readonly bytes: Buffer; readonly isTooLarge: boolean }

function collected(name: string, program: RunningProgram, { outputBytes, timeMs }: CodeLimits): Collected {
  const parts: Buffer[] = []
  // And the byte that says that it is ready.
  const most = outputBytes + 1
  let size = 0
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  program.stdout.on('data', (bytes: Buffer) => {
    size += bytes.length
    if (size <= most) parts.push(bytes)
    else void program.stop()
    resolve()
  })
  void program.ended.then(({ timedOut, stderr }) => {
    reject(timedOut ? tooLong(name, timeMs) : new CodeError('failed', 'Node did not start', stderr))
  })
  return {
    ready,
    get bytes() {
      return Buffer.concat(parts)
    },
    get isTooLarge() {
      return size > most
    },
  }
}

function tooLong(name: string, timeMs: number): CodeError {
  return new CodeError('timed-out', `${name} ran over ${timeMs} ms`)
}

function read(name: string, end: ProgramEnd, { bytes, isTooLarge }: Collected, limits: CodeLimits): unknown {
  if (isTooLarge) throw new CodeError('too-large', `${name} answers over ${limits.outputBytes} bytes`)
  if (end.timedOut) throw tooLong(name, limits.timeMs)
  if (end.status !== 0) {
    const isFull = /out of memory|allocation failed|bad_alloc/i.test(end.stderr)
    if (isFull) throw new CodeError('out-of-memory', `${name} needs over ${limits.memoryBytes} bytes`, end.stderr)
    throw new CodeError('failed', `${name} ended by ${end.signal ?? `status ${end.status}`}`, end.stderr)
  }
  const answer = answerOf(bytes)
  if (answer === null) throw new CodeError('failed', `${name} gave no answer`, end.stderr)
  const [isDone, value, message] = answer
  if (isDone === true) return value
  // The code may have written this itself.
  const [kind, words] = [value, message].map((each) => (typeof each === 'string' ? each.slice(0, 2000) : 'something'))
  const isFull = /array buffer allocation failed|invalid array buffer length/i.test(words!)
  throw new CodeError(isFull ? 'out-of-memory' : 'failed', `${name}: ${kind}: ${words}`)
}

/** After the byte that says that it is ready. */
function answerOf(bytes: Buffer): unknown[] | null {
  try {
    const answer: unknown = deserialize(bytes.subarray(1))
    return Array.isArray(answer) ? answer : null
  } catch {
    return null
  }
}
