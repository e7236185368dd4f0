/** Segments and parts that were built lately: however many ask for one, at the same time or soon after, it is built once. */
export interface BuiltFiles {
  get(key: string, build: () => Promise<Buffer>): Promise<Buffer>
}

/** The least recently used go first, where there are more than `budgetBytes` of them. */
export function openBuiltFiles(budgetBytes: number): BuiltFiles {
  const files = new Map<string, { file: Promise<Buffer>; bytes: number }>()
  let total = 0

  function drop(key: string): void {
    total -= files.get(key)?.bytes ?? 0
    files.delete(key)
  }

  return {
    get(key, build) {
      const known = files.get(key)
      if (known !== undefined) {
        // Maps keep the order of insertion: last in is last used.
        files.delete(key)
        files.set(key, known)
        return known.file
      }
      const entry = { file: build(), bytes: 0 }
      files.set(key, entry)
      entry.file.then(
        ({ length }) => {
          if (files.get(key) !== entry) return
          entry.bytes = length
          total += length
          for (const oldest of files.keys()) {
            if (total <= budgetBytes || oldest === key) break
            drop(oldest)
          }
        },
        () => drop(key),
      )
      return entry.file
    },
  }
}
