// A worker thread with one connection of its own: what it waits for holds up nobody else.
import { parentPort, workerData } from 'node:worker_threads'
import type { ListedFile } from '@rushes/protocol'
import { openLinkPulse } from './link-pulse.ts'
import { openUploader, type UploadResult, type UploadTarget } from './upload.ts'

export type WorkerSetup = { target: UploadTarget; limited: boolean; pulse: SharedArrayBuffer }
export type WorkerTask = { file: ListedFile; path: string; fresh: boolean }
export type ToWorker = { type: 'send'; task: WorkerTask } | { type: 'granted' } | { type: 'close' }
export type FromWorker = { type: 'take'; bytes: number } | { type: 'result'; result: UploadResult; elapsedMs: number }

const { target, limited, pulse } = workerData as WorkerSetup
const port = parentPort!
const uploader = openUploader(target, openLinkPulse(pulse))
let granted: (() => void) | null = null

const say = (message: FromWorker): void => port.postMessage(message)

async function take(bytes: number): Promise<void> {
  if (!limited) return
  const { promise, resolve } = Promise.withResolvers<void>()
  granted = resolve
  say({ type: 'take', bytes })
  await promise
}

port.on('message', (message: ToWorker) => {
  if (message.type === 'granted') granted?.()
  else if (message.type === 'close') {
    uploader.close()
    port.close()
  } else {
    const { file, path, fresh } = message.task
    const startedAt = performance.now()
    void uploader
      .send(file, path, fresh, take)
      .then((result) => say({ type: 'result', result, elapsedMs: performance.now() - startedAt }))
  }
})
