// Archives that this tab sends. They go on whichever page is shown, and end with the tab: the server keeps what it has of
// them, and they go on from there when the same is chosen again.
import { crc32 } from '@rushes/protocol'
import {
  type ArchiveUpload,
  archivesPath,
  openArchiveUpload,
  type SourceFile,
  TransferRate,
  tusClient,
} from '@rushes/uploader'
import { server } from '../app/server.ts'
import type { PlacedFile } from '../upload/dropped-files.ts'
import { folderZip } from './folder-zip.ts'

export type SentArchive = {
  upload: ArchiveUpload
  /** Bytes a second, and ms that are left; null: not known yet. */
  figures(): { rate: number; leftMs: number | null }
}

const tus = tusClient({ server: '', path: archivesPath })
const sent: SentArchive[] = []
const listeners = new Set<() => void>()
let scheduled = false

export function onSentArchives(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Chunks come faster than anybody reads. */
function changed(): void {
  if (scheduled) return
  scheduled = true
  setTimeout(() => {
    scheduled = false
    for (const listener of listeners) listener()
  }, 100)
}

export function sentArchives(): readonly SentArchive[] {
  return sent
}

export function sentArchive(id: string): SentArchive | undefined {
  return sent.find(({ upload }) => upload.id === id)
}

/** One file goes as it is; a folder, or several files, as a zip of them. */
export async function sendArchive(placed: readonly PlacedFile[]): Promise<SentArchive> {
  const [first] = placed
  const isOne = placed.length === 1 && !first!.path.includes('/')
  const file = isOne ? fileSource(first!.file) : folderZip(nameOf(placed), placed)
  const fingerprint = await fingerprintOf(file.size, placed)
  const known = sent.find(({ upload }) => upload.file.name === file.name && upload.file.size === file.size)
  if (known !== undefined && known.upload.state.state !== 'sent') {
    if (known.upload.state.state === 'paused' || known.upload.state.state === 'refused') void known.upload.run()
    return known
  }
  const rate = new TransferRate()
  let bytesPerSecond = 0
  const upload = openArchiveUpload({
    ...{ file, fingerprint, keep: 'ask', client: server, tus, crc32 },
    onChange() {
      bytesPerSecond = rate.of(upload.safe, performance.now())
      changed()
    },
  })
  const added: SentArchive = {
    upload,
    figures() {
      const isMoving = upload.state.state === 'sending' && bytesPerSecond > 0
      const leftMs = isMoving ? ((file.size - upload.safe) / bytesPerSecond) * 1000 : null
      return { rate: bytesPerSecond, leftMs }
    },
  }
  sent.push(added)
  void upload.run()
  return added
}

export function forgetArchive(archive: SentArchive): void {
  const place = sent.indexOf(archive)
  if (place !== -1) sent.splice(place, 1)
  changed()
}

function fileSource(file: File): SourceFile {
  return {
    ...{ name: file.name, size: file.size, type: file.type },
    async read(offset, length) {
      return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
    },
  }
}

/** After the folder that all of it lies in. */
function nameOf(placed: readonly PlacedFile[]): string {
  const folders = new Set(placed.map(({ path }) => (path.includes('/') ? path.split('/')[0] : null)))
  const [only] = folders
  return folders.size === 1 && only != null ? `${only}.zip` : 'archive.zip'
}

/** Of names, sizes and times: what is in it is known at its end, chunk by chunk. */
async function fingerprintOf(size: number, placed: readonly PlacedFile[]): Promise<string> {
  const lines = placed.map(({ path, file }) => `${path}\n${file.size} ${file.lastModified}\n`).sort()
  const { createSHA256 } = await import('hash-wasm')
  const hasher = await createSHA256()
  return `a1-${hasher
    .init()
    .update(`${size}\n${lines.join('')}`)
    .digest('hex')}`
}

window.addEventListener('beforeunload', (event) => {
  const isBusy = sent.some(({ upload }) => ['preparing', 'sending', 'waiting'].includes(upload.state.state))
  if (isBusy) event.preventDefault()
})
