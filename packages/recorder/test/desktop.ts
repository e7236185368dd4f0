// A desktop that nobody sees: an X server that draws into memory, and a window manager, since browsers offer for sharing
// only the windows that one knows of.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export const desktopSize: { width: number; height: number } = { width: 1280, height: 720 }

export type Desktop = {
  /** Where programs find it. */
  display: string
  /** Another program's window, above all others, red on its left and blue on its right; settles when it is there. */
  showWindow(title: string, place: { left: number; top: number; width: number; height: number }): Promise<void>
  close(): Promise<void>
}

export async function openDesktop(): Promise<Desktop> {
  const running: ChildProcess[] = []
  const start = (program: string, args: string[], display?: string) => {
    const env = { ...process.env, ...(display !== undefined && { DISPLAY: display, SDL_AUDIODRIVER: 'dummy' }) }
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
    child.once('error', () => {}) // it is missing: what waits for it says so
    running.push(child)
    return child
  }
  const close = async () => {
    // The newest first: without the server the others end with a complaint.
    for (const child of running.toReversed()) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
  const { width, height } = desktopSize
  const server = start('Xvfb', ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'])
  // It takes a number that is free, and writes it when it is ready.
  const number = await said(server, 3, /\d+(?=\n)/).catch(async (fault: unknown) => {
    await close()
    throw fault
  })
  const display = `:${number}`
  start('evilwm', ['-fn', 'fixed', '-bw', '0'], display)
  return {
    display,
    async showWindow(title, place) {
      const half = `s=${place.width / 2}x${place.height}:r=10`
      const picture = `color=red:${half}[left];color=blue:${half}[right];[left][right]hstack`
      const size = ['-x', String(place.width), '-y', String(place.height)]
      const at = ['-left', String(place.left), '-top', String(place.top)]
      const look = ['-v', 'error', '-stats', '-window_title', title, ...size, ...at, '-f', 'lavfi', '-i', picture]
      await said(start('ffplay', look, display), 2, /\d\.\d+ M-V/) // of the pictures that it has shown
    },
    close,
  }
}

/** Waits until a program has written what is looked for to one of its streams. */
function said(child: ChildProcess, stream: 2 | 3, words: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = ''
    child.stdio[stream]!.on('data', (text) => {
      all = (all + String(text)).slice(-1000)
      const found = words.exec(all)
      if (found !== null) resolve(found[0])
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}: ${all}`)))
  })
}
