// The files that this tab sends. They go on whichever page is shown, and end with the tab: the server keeps what it has of
// them, and they go on from there when they are chosen again.
import { crc32, type RecordingView } from '@rushes/protocol'
import {
  type FileUpload,
  openFileUpload,
  openUploadQueue,
  type Sha256,
  type SourceFile,
  tusClient,
  type UploadQueue,
} from '@rushes/uploader'
import { createSHA256 } from 'hash-wasm'
import { server } from '../app/server.ts'

const queue = openUploadQueue({ atOnce: 2 })
const tus = tusClient({ server: '' })
const listeners = new Set<() => void>()
const told = new Set<FileUpload>()
let scheduled = false

export const uploadQueue: Pick<UploadQueue, 'uploads' | 'figures'> = queue

export function onUploads(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Once a frame: chunks come faster than anybody reads. */
function changed(): void {
  if (scheduled) return
  scheduled = true
  setTimeout(() => {
    scheduled = false
    for (const listener of listeners) listener()
  }, 100)
}

/** Puts files on the list; one that is on it already is left where it is, and goes on if it was stopped. */
export function addFiles(files: readonly File[]): void {
  for (const file of files) {
    const known = queue.uploads.find((upload) => isSame(upload.file, file) && upload.state.state !== 'published')
    if (known === undefined) {
      queue.add(
        openFileUpload({ file: sourceOf(file), server: '', client: server, tus, crc32, newSha256, onChange: changed }),
      )
    } else if (known.state.state === 'paused') queue.resume(known)
    else if (known.state.state === 'refused') replace(known, file)
  }
  changed()
}

function replace(former: FileUpload, file: File): void {
  queue.forget(former)
  addFiles([file])
}

function isSame(known: SourceFile, file: File): boolean {
  return known.name === file.name && known.size === file.size
}

export function resumeUpload(upload: FileUpload): void {
  queue.resume(upload)
  changed()
}

export async function cancelUpload(upload: FileUpload): Promise<void> {
  try {
    await upload.cancel()
  } finally {
    forgetUpload(upload)
  }
}

export function forgetUpload(upload: FileUpload): void {
  queue.forget(upload)
  changed()
}

/** Recordings that came since this was asked last. */
export function newlyPublished(): RecordingView[] {
  return queue.uploads.flatMap((upload) => {
    if (upload.state.state !== 'published' || told.has(upload)) return []
    told.add(upload)
    return [upload.state.recording]
  })
}

function sourceOf(file: File): SourceFile {
  return {
    name: file.name,
    size: file.size,
    type: file.type,
    async read(offset, length) {
      return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
    },
  }
}

/** WebCrypto hashes only what it is given at once. */
async function newSha256(): Promise<Sha256> {
  const hasher = await createSHA256()
  hasher.init()
  return { update: (bytes) => void hasher.update(bytes), hex: () => hasher.digest('hex') }
}

window.addEventListener('beforeunload', (event) => {
  const isBusy = queue.uploads.some(({ state }) => ['preparing', 'sending', 'waiting'].includes(state.state))
  if (isBusy) event.preventDefault()
})
