// Which file an item becomes. Names are safe as paths (E1); but two of them may be one file where case does not count, and
// some are devices on Windows.
import type { Note } from './resources.ts'

const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i
/** What Windows and its file systems refuse in names, and E1 does not. */
const refused = /[<>"|?*]/g

/** Gives each name a path below the folder that nothing else has, as near to it as can be; what differs is told. */
export class UnpackNames {
  readonly notes: Note[] = []
  readonly #files = new Set<string>()
  readonly #folders = new Set<string>()

  /** @param reserved a file that the folder has besides */
  constructor(reserved: string) {
    this.#take(reserved)
  }

  /** @param why the name itself can't be had; told with the note */
  pathFor(name: string, why: string | null = null): string {
    const safe = why === null ? portable(name) : null
    const path = this.#free(safe ?? flat(name))
    this.#take(path)
    if (path !== name) {
      const reason =
        why ??
        (portable(name) === name
          ? 'another one has its name where case does not count'
          : 'some systems refuse its name')
      this.notes.push({
        severity: 'warning',
        code: 'renamed',
        message: `it is written as ${path}: ${reason}`,
        resource: name,
      })
    }
    return path
  }

  #free(path: string): string {
    if (this.#isFree(path)) return path
    // A file can't be a folder as well.
    const isBlocked = foldersOf(path).some((folder) => this.#files.has(folder))
    const base = isBlocked ? path.replaceAll('/', '_') : path
    const [stem, ending] = split(base)
    for (let count = 1; ; count++) {
      const next = count === 1 ? base : `${stem}~${count}${ending}`
      if (this.#isFree(next)) return next
    }
  }

  #isFree(path: string): boolean {
    const key = folded(path)
    if (this.#files.has(key) || this.#folders.has(key)) return false
    return !foldersOf(path).some((folder) => this.#files.has(folder))
  }

  #take(path: string): void {
    this.#files.add(folded(path))
    for (const folder of foldersOf(path)) this.#folders.add(folder)
  }
}

function portable(name: string): string {
  return name
    .split('/')
    .map((part) => (devices.test(part) ? `_${part}` : part).replaceAll(refused, '_'))
    .join('/')
}

/** For a system that takes the name neither as it is nor nearly so. */
function flat(name: string): string {
  const [, ending] = split(name)
  return `item${/^\.[a-z0-9]{1,8}$/i.test(ending) ? ending : ''}`
}

function split(path: string): [stem: string, ending: string] {
  const at = path.lastIndexOf('.')
  return at <= path.lastIndexOf('/') + 1 ? [path, ''] : [path.slice(0, at), path.slice(at)]
}

/** Folded, from the outermost one. */
function foldersOf(path: string): string[] {
  const parts = folded(path).split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

function folded(path: string): string {
  return path.toUpperCase().toLowerCase().normalize('NFC')
}
