import type { Sha256 } from './file-digest.ts'
import type { SourceFile } from './source-file.ts'

const sampleBytes = 64 * 1024

/**
 * What a file is known by when its upload goes on after both sides forgot it: its size and samples of its beginning,
 * middle and end. That all of it is the same is known at the end, by its digest.
 */
export async function fingerprintOf(file: SourceFile, sha256: Sha256): Promise<string> {
  sha256.update(new TextEncoder().encode(`rushes-file ${file.size}\n`))
  for (const share of [0, 0.5, 1]) {
    const offset = Math.max(0, Math.floor((file.size - sampleBytes) * share))
    sha256.update(await file.read(offset, sampleBytes))
  }
  return `s1-${sha256.hex()}`
}
