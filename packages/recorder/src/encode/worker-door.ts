import { type PictureSource, pictureSources } from '../capture/scene.ts'
import type { Capture } from '../capture/source.ts'
import { Emitter, type Listeners } from '../listeners.ts'
import type { FromWorker, SourceFrames, ToWorker } from './encode-messages.ts'

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

/** What a worker is given of a capture, now and as it changes. */
export type FollowedCapture = {
  /** To be handed over with the start, and transferred. */
  pictures: SourceFrames[]
  release(): void
}

/** Frames come from clones of the tracks: stopping them stops only these. */
export function followCapture(capture: Capture, worker: EncodeWorker): FollowedCapture {
  const clones = new Map<PictureSource, MediaStreamTrack>()
  function open(source: PictureSource): SourceFrames[] {
    clones.get(source)?.stop()
    const track = capture.track(source)?.clone()
    if (track === undefined || track.readyState === 'ended') return []
    clones.set(source, track)
    const { readable } = new MediaStreamTrackProcessor({ track: track as MediaStreamVideoTrack })
    return [{ source, frames: readable }]
  }
  const end = (source: PictureSource) => {
    clones.get(source)?.stop()
    clones.delete(source)
    worker.send({ type: 'end-source', source })
  }
  const { annotations } = capture
  const unlisten = [
    annotations.on('operation', (operation) => worker.send({ type: 'annotate', operation })),
    annotations.on('draft', (shape) => worker.send({ type: 'draft', shape })),
    annotations.on('laser', (at) => worker.send({ type: 'laser', at })),
    capture.on('arranged', (scene) => worker.send({ type: 'arrange', scene })),
    capture.on('source-ended', ({ source }) => {
      if (source.kind !== 'microphone') end(source.kind)
    }),
    capture.on('source-changed', ({ source: { kind, live } }) => {
      if (kind === 'microphone') return
      if (!live) end(kind)
      else for (const opened of open(kind)) worker.send({ type: 'read-source', ...opened }, [opened.frames])
    }),
  ]
  return {
    pictures: pictureSources.flatMap(open),
    release() {
      for (const stop of unlisten) stop()
      for (const track of clones.values()) track.stop()
      clones.clear()
    },
  }
}
