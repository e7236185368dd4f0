import { SandboxError, startProgram } from '@rushes/sandbox'
import { DecoderError } from './decoder-error.ts'
import { type MediaOutput, pipeOutput } from './media-output.ts'

export type PlayerName = 'ffplay' | 'mpv'

/** What each program needs to show a pipe at once, and to end when that does. */
const playerArguments: Record<PlayerName, readonly string[]> = {
  ffplay: ['-v', 'error', '-autoexit', '-protocol_whitelist', 'pipe', '-f', 'mp4', '-i', 'pipe:0'],
  mpv: ['--no-config', '--no-terminal', '--load-scripts=no', '--ytdl=no', '--cache=no', '-'],
}

/** How a program finds the screen it opens its window on, and how SDL is told to do without. */
const screenVariables = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'SDL_VIDEODRIVER', 'SDL_AUDIODRIVER']

/** A window of a player; `closed` resolves when it is gone, whoever closed it. */
export type PlayerWindow = { output: MediaOutput; closed: Promise<void>; stop(): Promise<void> }

/** @throws DecoderError `player-missing`, `output-failed` */
export async function openPlayerWindow(name: PlayerName): Promise<PlayerWindow> {
  const environment: Record<string, string> = {}
  for (const variable of screenVariables) {
    const value = process.env[variable]
    if (value !== undefined) environment[variable] = value
  }
  try {
    const args = playerArguments[name]
    const program = await startProgram({ program: name, args, environment, input: 'pipe' })
    program.stdout.resume()
    const output = pipeOutput(program.stdin!, true)
    return {
      output: {
        // Whoever closes the window ends the playing; `closed` tells.
        write: (bytes) => output.write(bytes).catch(() => {}),
        // The window shows what it was given to the end; then it closes.
        async close() {
          await output.close().catch(() => {})
          const { status, signal, stderr } = await program.ended
          if (status !== 0 && signal === null) {
            throw new DecoderError('output-failed', `${name} ended with status ${status}: ${stderr.trim().slice(-500)}`)
          }
        },
      },
      closed: program.ended.then(() => {}),
      stop: async () => void (await program.stop()),
    }
  } catch (cause) {
    if (!(cause instanceof SandboxError)) throw cause
    throw new DecoderError(cause.code === 'program-missing' ? 'player-missing' : 'output-failed', cause.message, {
      cause,
    })
  }
}
