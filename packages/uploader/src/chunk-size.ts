/** A chunk takes about so long: what a cut costs, and how often progress shows. */
const aimMs = 1000
const least = 128 * 1024
const most = 32 * 1024 * 1024

/** How many bytes the next chunk has: as many as went in a second, at most twice as many as before. */
export class ChunkSize {
  bytes: number = 1024 * 1024

  sent(bytes: number, ms: number): void {
    const perAim = (bytes / Math.max(ms, 1)) * aimMs
    this.bytes = Math.round(Math.min(most, Math.max(least, Math.min(perAim, 2 * this.bytes))))
  }

  failed(): void {
    this.bytes = Math.max(least, Math.round(this.bytes / 2))
  }
}
