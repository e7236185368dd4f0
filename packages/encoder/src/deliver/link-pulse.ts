/** When the other side answered last, over whichever connection: shared by the threads that hold them. */
export interface LinkPulse {
  /** For another thread to open the same. */
  readonly shared: SharedArrayBuffer
  beat(): void
  beatWithin(ms: number): boolean
}

export function openLinkPulse(shared: SharedArrayBuffer = new SharedArrayBuffer(8)): LinkPulse {
  // The monotonic clock is the same in all threads of a process; that of performance.now() begins with each.
  const at = new BigInt64Array(shared)
  return {
    shared,
    beat: () => void Atomics.store(at, 0, process.hrtime.bigint()),
    beatWithin(ms) {
      const last = Atomics.load(at, 0)
      return last !== 0n && Number(process.hrtime.bigint() - last) / 1e6 < ms
    },
  }
}
