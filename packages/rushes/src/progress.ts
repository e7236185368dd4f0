import cliProgress from 'cli-progress'

/** How far long work has come, on stderr, so that stdout stays for the result. */
export interface Progress {
  update(done: number, total: number): void
  note(text: string): void
  stop(): void
}

const silent: Progress = { update() {}, note() {}, stop() {} }

/** @param word what the bytes are when they are done */
export function showProgress(mode: 'bar' | 'quiet', label: string, word = 'safe'): Progress {
  if (mode === 'quiet' || !process.stderr.isTTY) return silent
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% · {done} of {size} ${word} {note}`,
    hideCursor: true,
    stream: process.stderr,
    clearOnComplete: true,
  })
  bar.start(1, 0, { done: '0', size: '?', note: '' })
  return {
    update(done, total) {
      bar.setTotal(Math.max(total, 1))
      bar.update(done, { done: megabytes(done), size: megabytes(total) })
    },
    note: (text) => bar.update({ note: text === '' ? '' : `· ${text}` }),
    stop: () => bar.stop(),
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
