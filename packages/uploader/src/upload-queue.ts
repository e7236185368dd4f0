import type { FileUpload } from './file-upload.ts'
import { TransferRate } from './transfer-rate.ts'

export type QueueFigures = {
  files: number
  done: number
  /** Bytes over all files that are not refused. */
  safe: number
  size: number
  /** Bytes a second over the last seconds. */
  rate: number
  /** Until all is sent; null: not known. */
  leftMs: number | null
}

/** Sends files, a few at once, in the order in which they were added. */
export interface UploadQueue {
  readonly uploads: readonly FileUpload[]
  readonly figures: QueueFigures
  add(upload: FileUpload): void
  /** Goes on with one that was paused or refused. */
  resume(upload: FileUpload): void
  /** Takes one off the list; it must be settled. */
  forget(upload: FileUpload): void
  /** Settles when nothing is being sent and nothing waits for its turn. */
  idle(): Promise<void>
}

export function openUploadQueue({ atOnce }: { atOnce: number }): UploadQueue {
  let uploads: FileUpload[] = []
  const waiting: FileUpload[] = []
  const running = new Set<FileUpload>()
  /** Resumed before their pause had come through. */
  const again = new Set<FileUpload>()
  const rate = new TransferRate()
  let wake: (() => void)[] = []

  function next(): void {
    while (running.size < atOnce && waiting.length > 0) {
      const upload = waiting.shift()!
      if (upload.state.state !== 'preparing') continue // paused or cancelled before its turn came
      running.add(upload)
      void upload.run().finally(() => {
        running.delete(upload)
        if (again.delete(upload)) waiting.push(upload)
        next()
      })
    }
    if (running.size > 0 || waiting.length > 0) return
    for (const resolve of wake) resolve()
    wake = []
  }

  return {
    get uploads() {
      return uploads
    },

    get figures() {
      const counted = uploads.filter(({ state }) => state.state !== 'refused')
      const safe = counted.reduce((sum, upload) => sum + upload.safe, 0)
      const size = counted.reduce((sum, { file }) => sum + file.size, 0)
      const sent = counted.reduce((sum, upload) => sum + upload.safe - upload.resumedAt, 0)
      const perSecond = rate.of(sent, performance.now())
      const isMoving = counted.some(({ state }) => state.state === 'sending') && perSecond > 0
      return {
        files: uploads.length,
        done: uploads.filter(({ state }) => state.state === 'published').length,
        safe,
        size,
        rate: perSecond,
        leftMs: isMoving ? ((size - safe) / perSecond) * 1000 : null,
      }
    },

    add(upload) {
      uploads = [...uploads, upload]
      waiting.push(upload)
      next()
    },

    resume(upload) {
      upload.resume()
      if (running.has(upload)) again.add(upload)
      else if (!waiting.includes(upload)) waiting.push(upload)
      next()
    },

    forget(upload) {
      uploads = uploads.filter((each) => each !== upload)
      next()
    },

    idle() {
      return new Promise((resolve) => {
        wake.push(resolve)
        next()
      })
    },
  }
}
