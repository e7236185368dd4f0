export type Progress = { fps?: number; speed?: number; dropped?: number }

/** Reads what `ffmpeg -progress` writes: `key=value` lines, `progress=` behind each block. */
export class ProgressReport {
  private rest = ''
  private values: Progress = {}
  private readonly onProgress: (progress: Progress) => void

  constructor(onProgress: (progress: Progress) => void) {
    this.onProgress = onProgress
  }

  push(bytes: Uint8Array): void {
    const lines = (this.rest + Buffer.from(bytes).toString('latin1')).split('\n')
    // No line of it is long; what is, is none.
    this.rest = lines.pop()!.slice(0, 1000)
    for (const line of lines) this.take(line)
  }

  private take(line: string): void {
    const [key, value = ''] = line.trim().split('=', 2)
    const number = Number.parseFloat(value)
    if (key === 'fps' && number >= 0) this.values.fps = number
    if (key === 'speed' && number >= 0) this.values.speed = number
    if (key === 'drop_frames' && number >= 0) this.values.dropped = number
    if (key !== 'progress') return
    this.onProgress(this.values)
    this.values = {}
  }
}
