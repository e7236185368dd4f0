/** So many files are taken from one drop; somebody who drops a home folder by mistake gets the page back. */
const mostFiles = 2000

/** A file with its path in what was dropped: `folder/below/name`. */
export type PlacedFile = { path: string; file: File }

export type DropListener = {
  /** Whether files are held over the page. */
  onDragging(isOver: boolean): void
  /** `placed`: the same files with their paths. */
  onFiles(files: File[], placed: PlacedFile[]): void
  onFault(fault: unknown): void
}

/**
 * Files may be dropped anywhere on the page; where nobody listens, browsers open them instead.
 *
 * @returns what ends it
 */
export function listenForDrops({ onDragging, onFiles, onFault }: DropListener, most: number = mostFiles): () => void {
  const ending = new AbortController()
  const { signal } = ending
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
  window.addEventListener(
    'dragover',
    (event) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      onDragging(true)
    },
    { signal },
  )
  window.addEventListener(
    'dragleave',
    (event) => {
      if (event.relatedTarget === null) onDragging(false)
    },
    { signal },
  )
  window.addEventListener(
    'drop',
    (event) => {
      if (!carriesFiles(event) || event.dataTransfer === null) return
      event.preventDefault()
      onDragging(false)
      droppedFiles(event.dataTransfer, most).then(
        (placed) =>
          onFiles(
            placed.map(({ file }) => file),
            placed,
          ),
        onFault,
      )
    },
    { signal },
  )
  return () => ending.abort()
}

/** The files of a drop, those in folders too, hidden ones left out. To be called within the event. */
async function droppedFiles(transfer: DataTransfer, most: number): Promise<PlacedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }))
  const files: PlacedFile[] = []
  for (const entry of entries) await gather(entry, files, most)
  return files
}

async function gather(entry: FileSystemEntry, files: PlacedFile[], most: number): Promise<void> {
  if (entry.name.startsWith('.') || files.length >= most) return
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject))
    files.push({ path: entry.fullPath.replace(/^\/+/, ''), file })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A reader gives a hundred at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const each of some) await gather(each, files, most)
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}
