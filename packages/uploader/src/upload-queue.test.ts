import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { FileUpload, UploadState } from './file-upload.ts'
import { UploadFault } from './upload-fault.ts'
import { openUploadQueue } from './upload-queue.ts'

/** An upload that runs until it is told to end, paused or cancelled. */
function fake(name: string): FileUpload & { end(): void; runs: number } {
  let state: UploadState = { state: 'preparing' }
  let settle = (): void => {}
  const upload = {
    file: { name, size: 100, type: '', read: async () => new Uint8Array() },
    get state() {
      return state
    },
    safe: 0,
    resumedAt: 0,
    runs: 0,
    async run() {
      upload.runs++
      state = { state: 'sending' }
      await new Promise<void>((resolve) => {
        settle = resolve
      })
      // What is under way takes a moment to stop.
      await sleep(1)
    },
    pause() {
      state = { state: 'paused' }
      settle()
    },
    resume() {
      state = { state: 'preparing' }
    },
    async cancel() {
      state = { state: 'refused', fault: new UploadFault('cancelled', 'cancelled') }
      settle()
    },
    end() {
      state = { state: 'published', recording: {} as never, waitMs: 1 }
      settle()
    },
  }
  return upload
}

const sending = (uploads: readonly FileUpload[]) => uploads.map(({ state }) => state.state === 'sending')

describe('a queue of uploads', () => {
  it('sends so many at once, in their order, and is idle at the end', async () => {
    const queue = openUploadQueue({ atOnce: 2 })
    const uploads = ['a', 'b', 'c'].map(fake)
    for (const upload of uploads) queue.add(upload)
    expect(sending(uploads)).toEqual([true, true, false])
    uploads[0]!.end()
    await sleep(10)
    expect(sending(uploads)).toEqual([false, true, true])
    uploads[1]!.end()
    uploads[2]!.end()
    await queue.idle()
    expect(queue.figures).toMatchObject({ files: 3, done: 3, size: 300 })
  })

  it('gives the turn of one that is paused to the next, and takes it up again when it is resumed', async () => {
    const queue = openUploadQueue({ atOnce: 1 })
    const [first, second] = [fake('first'), fake('second')]
    queue.add(first)
    queue.add(second)
    first.pause()
    await sleep(10)
    expect(sending([first, second])).toEqual([false, true])
    queue.resume(first)
    second.end()
    await sleep(10)
    expect(sending([first])).toEqual([true])
    expect(first.runs).toBe(2)
  })

  it('goes on with one that is resumed before its pause came through', async () => {
    const queue = openUploadQueue({ atOnce: 1 })
    const only = fake('only')
    queue.add(only)
    only.pause()
    queue.resume(only)
    await sleep(10)
    expect(sending([only])).toEqual([true])
    expect(only.runs).toBe(2)
  })

  it('passes over what was paused or cancelled before its turn', async () => {
    const queue = openUploadQueue({ atOnce: 1 })
    const [first, paused, cancelled] = [fake('first'), fake('paused'), fake('cancelled')]
    for (const upload of [first, paused, cancelled]) queue.add(upload)
    paused.pause()
    await cancelled.cancel()
    first.end()
    await queue.idle()
    expect([paused.runs, cancelled.runs]).toEqual([0, 0])
    queue.resume(paused)
    expect(sending([paused])).toEqual([true])
  })
})
