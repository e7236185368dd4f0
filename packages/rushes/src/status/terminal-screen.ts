// The whole terminal, for as long as a command runs: its alternate screen, so that what was there comes back at the end,
// whatever that end is.
import type { EncoderStatus } from '@rushes/encoder'
import type { Output } from './nonblocking-output.ts'
import { layOut } from './screen-layout.ts'
import { painted } from './screen-text.ts'
import type { StatusDisplay } from './status-display.ts'

// ECMA-48 and xterm: alternate screen, cursor.
const enter = '\x1b[?1049h\x1b[?25l'
const leave = '\x1b[?25h\x1b[?1049l'
const home = '\x1b[H'
const clearLine = '\x1b[K'
const clearBelow = '\x1b[J'

const secondsShown = 60

/** Where nothing asynchronous happens any more. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const keysOf = (status: EncoderStatus): readonly string[] =>
  status.event.state === 'acquiring'
    ? ['q or Ctrl-C: end the event and deliver the rest', 'q or Ctrl-C: end the event', 'q: end']
    : ['q or Ctrl-C: stop; what is left can be delivered another time', 'q or Ctrl-C: stop', 'q: stop']

/** @param keys null: nothing is read from the keyboard */
export function terminalScreen(
  screen: NodeJS.WriteStream,
  write: Output,
  keys: NodeJS.ReadStream | null,
): StatusDisplay {
  const hasColours = screen.hasColors()
  const isUnicode = /utf-?8/i.test(process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '')
  const throughput: number[] = []
  let status: EncoderStatus | null = null
  let note = ''
  let isAsking = false
  let isOpen = true

  function draw(): void {
    if (!isOpen || status === null) return
    const { columns = 80, rows = 24 } = screen
    const question = isAsking ? 'Really? y: yes, any other key: no' : note
    const lines = layOut({ status, throughput, note: question, keys: keysOf(status), columns, rows, isUnicode })
    write(`${home}${lines.map((line) => painted(line, hasColours) + clearLine).join('\r\n')}${clearBelow}`)
  }

  function press(bytes: Buffer): void {
    const key = bytes.toString('latin1')
    // With keys read one by one, the terminal makes no signals of them.
    if (key === '\x03') process.kill(process.pid, 'SIGINT')
    else if (isAsking) {
      isAsking = false
      if (key === 'y' || key === 'Y') process.kill(process.pid, 'SIGINT')
      draw()
    } else if (key === 'q' || key === 'Q') {
      isAsking = true
      draw()
    }
  }

  function restore(): void {
    if (!isOpen) return
    isOpen = false
    keys?.setRawMode(false)
    // At the end there is time to wait for a terminal that is slow, but not for one that hangs.
    for (let attempt = 0; attempt < 20 && !write(leave); attempt++) pause(50)
  }

  function back(): void {
    write(enter)
    keys?.setRawMode(true)
    draw()
  }

  // A terminal that went away can't be read, nor set back: no reason to end.
  keys?.on('error', () => {})
  keys?.on('data', press).resume()
  back()
  screen.on('resize', draw)
  // Also after an error that nobody caught: its message comes after this, on the screen that stays.
  process.on('exit', restore).on('uncaughtExceptionMonitor', restore).on('SIGCONT', back)

  return {
    show(next) {
      if (status?.at.slice(0, 19) !== next.at.slice(0, 19)) {
        throughput.push(next.delivery.bytesPerSecond)
        throughput.splice(0, throughput.length - secondsShown)
      }
      status = next
      draw()
    },
    note(text) {
      note = text
      draw()
    },
    close() {
      restore()
      keys?.off('data', press).pause()
      screen.off('resize', draw)
      process.off('exit', restore).off('uncaughtExceptionMonitor', restore).off('SIGCONT', back)
    },
  }
}
