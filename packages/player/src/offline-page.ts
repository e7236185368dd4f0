// The script of a page that has an archive in it: its pieces come as calls, one script after the other, and are shown when all have.
import { RushesArchive } from './archive/rushes-archive.ts'

declare global {
  /** Takes a piece of the archive, in base64, and lets go of the script that had it. */
  var rushesPart: (base64: string) => void
}

const parts: Blob[] = []

globalThis.rushesPart = (base64) => {
  // A piece at a time becomes bytes that the browser may put on disk.
  const letters = atob(base64)
  const bytes = new Uint8Array(letters.length)
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at)
  parts.push(new Blob([bytes]))
  document.currentScript?.remove()
}

document.addEventListener('DOMContentLoaded', () => {
  const archive = document.querySelector('rushes-archive')
  if (archive instanceof RushesArchive) archive.file = new Blob(parts.splice(0), { type: 'video/mp4' })
})
