// mediabunny's fragmented muxer keeps every sample that it has written until the recording ends, 12 kB for each second, so
// half a gigabyte after ten hours; of each chunk it only asks for the first again, for `mfra`. Nothing public lets go of them.
import type { Output } from 'mediabunny'

type Chunk = { samples: unknown[] }
type FragmentedMuxer = { trackDatas: { finalizedChunks: Chunk[] }[] }

/** Lets go of what is written; call it after each piece that came out. Does nothing where the muxer keeps its samples otherwise. */
export function forgetWrittenSamples(output: Output): void {
  for (const chunks of chunksOf(output)) {
    for (let at = chunks.length - 1; at >= 0; at--) {
      const { samples } = chunks[at]!
      if (samples.length <= 1) break
      samples.length = 1
    }
  }
}

function chunksOf(output: Output): Chunk[][] {
  const { _muxer: muxer } = output as unknown as { _muxer?: Partial<FragmentedMuxer> }
  return (muxer?.trackDatas ?? []).map(({ finalizedChunks }) => finalizedChunks ?? [])
}
