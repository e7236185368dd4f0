import { type Enclosure, enclose, type ProgramEnd, SandboxError, startProgram } from '@rushes/sandbox'
import { ConversionError } from '../conversion-error.ts'
import { type ProcessorJob, throwIfCancelled } from '../processor.ts'
import { globalArguments } from './input-arguments.ts'

export type ProgramFiles = { inputs: readonly string[]; outputs: readonly string[] }

export type FfmpegRun = {
  program: 'ffmpeg' | 'ffprobe'
  files: ProgramFiles
  /** Given what the files are called inside. */
  args(inside: Pick<Enclosure, 'inputs' | 'outputs'>): string[] | Promise<string[]>
  /** Of the result, ms, for its progress. */
  durationMs?: number | null
  timeMs?: number
  /** Given what the files are called inside. */
  environment?(inside: Pick<Enclosure, 'inputs'>): Record<string, string>
  /** What it writes to stdout; nothing is expected where it is missing. */
  onOutput?(bytes: Buffer): void
}

/** Threads of its decoder, its encoder and its filters together are about three times as many. */
export const THREADS: readonly string[] = ['-threads', '2']

const processes = 64
/** Recordings that come in, and those who watch, go first. */
const niceness = 10

/**
 * Runs ffmpeg or ffprobe in the sandbox, with the limits of the job, until it has ended.
 *
 * @throws ConversionError
 */
export async function runFfmpeg(
  run: FfmpegRun,
  job: Pick<ProcessorJob, 'limits' | 'signal' | 'onProgress'>,
): Promise<void> {
  const { limits, signal } = job
  throwIfCancelled(signal)
  const enclosure = enclose(run.files)
  const timeLimitMs = Math.min(run.timeMs ?? limits.timeMs, limits.timeMs)
  const reports = run.program === 'ffmpeg' ? ['-nostdin', '-y', '-nostats', '-progress', 'pipe:3'] : []
  const args = [...globalArguments(limits), ...reports, ...(await run.args(enclosure))]
  const program = await startProgram({
    ...{ program: run.program, args },
    ...(run.environment !== undefined && { environment: run.environment(enclosure) }),
    ...{ enclosure, timeLimitMs, graceMs: 500, extraOutputs: 1, processes, openFiles: 256, niceness },
    ...{
      memoryBytes: limits.memoryBytes,
      fileBytes: limits.outputBytes,
      cpuSeconds: Math.ceil(timeLimitMs / 1000) * 4,
    },
  }).catch((error: unknown) => {
    throw startError(error)
  })
  const stop = (): void => void program.stop()
  signal.addEventListener('abort', stop, { once: true })
  let failure: unknown = null
  program.stdout.on('data', (bytes: Buffer) => {
    if (failure !== null) return
    try {
      run.onOutput?.(bytes)
    } catch (error) {
      failure = error
      stop()
    }
  })
  program.extraOutputs[0]!.on('data', progressReader(run.durationMs ?? null, job.onProgress))
  const end = await program.ended
  signal.removeEventListener('abort', stop)
  if (failure !== null) throw failure
  throwIfCancelled(signal)
  const error = endError(end, run.program, limits.outputBytes)
  if (error !== null) throw error
}

function startError(error: unknown): unknown {
  if (!(error instanceof SandboxError)) return error
  return new ConversionError(error.code === 'program-missing' ? 'program-missing' : 'failed', error.message)
}

/** By a signal the shell's way (128 + n) where bubblewrap waited for it: 24 is SIGXCPU, 25 SIGXFSZ, 9 SIGKILL. */
function endError(
  { status, signal, timedOut, stderr }: ProgramEnd,
  program: string,
  outputBytes: number,
): ConversionError | null {
  const more = { detail: stderr }
  // FFmpeg holds all the silence of a gap in memory, and where it can't, goes on out of step (libswresample/swresample.c).
  if (stderr.includes('Failed to compensate for timestamp delta')) {
    return new ConversionError('input-too-large', 'a gap in the sound is too long', more)
  }
  if (status === 0) return null
  const isTooLarge = status === 153 || signal === 'SIGXFSZ' || stderr.includes('File too large')
  if (isTooLarge) return new ConversionError('output-too-large', `the result has over ${outputBytes} bytes`, more)
  if (timedOut || [137, 152].includes(status ?? 0) || signal === 'SIGXCPU' || signal === 'SIGKILL') {
    return new ConversionError('timed-out', `${program} ran over its time`, more)
  }
  return new ConversionError('failed', `${program} could not convert it (${signal ?? `status ${status}`})`, more)
}

/** `out_time_us=…` on lines of its own. */
function progressReader(durationMs: number | null, onProgress: (fraction: number) => void): (bytes: Buffer) => void {
  let rest = ''
  return (bytes) => {
    const lines = (rest + bytes.toString('latin1')).slice(-65_536).split('\n')
    rest = lines.pop()!
    const times = lines.map((line) => /^out_time_us=(\d+)/.exec(line)?.[1]).filter((time) => time !== undefined)
    if (durationMs === null || durationMs <= 0 || times.length === 0) return
    onProgress(Math.min(1, Number(times.at(-1)) / 1000 / durationMs))
  }
}
