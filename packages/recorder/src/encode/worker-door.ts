import type { Capture } from '../capture/source.ts'
import { Emitter, type Listeners } from '../listeners.ts'
import type { FromWorker, ToWorker } from './encode-messages.ts'
import type { PictureSource } from './frame-stage.ts'

type WorkerEvents = { [Type in FromWorker['type']]: Extract<FromWorker, { type: Type }> }

export interface EncodeWorker extends Listeners<WorkerEvents> {
  readonly closed: boolean
  send(message: ToWorker, transfer?: Transferable[]): void
  close(): void
}

let spare: Worker | null = null

/** Loads the worker and its encoders ahead, so that a recording begins at once, also when the server is away by then. */
export function prepareEncodeWorker(): void {
  if (spare !== null || typeof MediaStreamTrackProcessor !== 'function') return
  const prepared = startWorker()
  spare = prepared
  prepared.onerror = () => {
    if (spare === prepared) spare = null
  }
  prepared.postMessage({ type: 'prepare' } satisfies ToWorker)
}

function startWorker(): Worker {
  // Literal, so that bundlers see it (Vite needs `worker: { format: 'es' }`).
  return new Worker(new URL('./encode-worker.ts', import.meta.url), { type: 'module', name: 'rushes-encode' })
}

export function openEncodeWorker(): EncodeWorker {
  const worker = spare ?? startWorker()
  spare = null
  const emitter = new Emitter<WorkerEvents>()
  let closed = false
  worker.onmessage = (event: MessageEvent<FromWorker>) => emitter.emit(event.data.type, event.data as never)
  worker.onerror = (event) =>
    emitter.emit('failed', { type: 'failed', message: event.message || 'the worker did not load' })
  return {
    get closed() {
      return closed
    },
    on: (name, listener) => emitter.on(name, listener),
    send(message, transfer = []) {
      if (!closed) worker.postMessage(message, transfer)
    },
    close() {
      closed = true
      worker.terminate()
    },
  }
}

/** Frames of the capture's pictures, to be handed to a worker. The tracks are clones: stopping them stops only these. */
export function captureFrames(
  capture: Capture,
): { source: PictureSource; frames: ReadableStream<VideoFrame>; track: MediaStreamTrack }[] {
  return (['screen', 'camera'] as const).flatMap((source) => {
    const track = capture.track(source)?.clone()
    if (track === undefined || track.readyState === 'ended') return []
    const { readable } = new MediaStreamTrackProcessor({ track: track as MediaStreamVideoTrack })
    return [{ source, frames: readable, track }]
  })
}
