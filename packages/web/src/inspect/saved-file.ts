/** Long enough for a browser to begin reading what it saves. */
const keptMs = 60_000

/** Gives a file to be saved. @param name of an item: its last part names the file */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name.split('/').at(-1) ?? name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), keptMs)
}
