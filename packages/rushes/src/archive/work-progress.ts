import { showProgress } from '../progress.ts'
import { byteCount, timeSpan } from '../status/quantities.ts'

const redrawMs = 200

/** Bytes of long work, with its rate and what time is left; a bar where somebody watches. */
export interface WorkProgress extends Disposable {
  /** So many bytes more are done. */
  add(bytes: number): void
  /** So many bytes more are to be done. */
  expect(bytes: number): void
}

export function watchWork(label: string, { json = false }: { json?: boolean }, total = 0): WorkProgress {
  const progress = showProgress(json ? 'quiet' : 'bar', label, 'done')
  const startedAt = performance.now()
  let drawnAt = 0
  let done = 0
  let expected = total
  const draw = (): void => {
    const now = performance.now()
    if (now - drawnAt < redrawMs) return
    drawnAt = now
    progress.update(done, expected)
    const rate = done / (now - startedAt)
    if (rate > 0) progress.note(`${byteCount(rate * 1000)}/s · ${timeSpan(Math.max(expected - done, 0) / rate)} left`)
  }
  return {
    add(bytes) {
      done += bytes
      draw()
    },
    expect(bytes) {
      expected += bytes
    },
    [Symbol.dispose]: () => progress.stop(),
  }
}

/** The same content, counted as it passes. */
export async function* counted(content: AsyncIterable<Uint8Array>, progress: WorkProgress): AsyncGenerator<Uint8Array> {
  for await (const bytes of content) {
    yield bytes
    progress.add(bytes.length)
  }
}
