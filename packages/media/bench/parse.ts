/**
 * What indexing costs: CPU time a MB of body and bytes of memory held, for a WebM of 2.5 Mbit/s that comes as a live
 * recording does (clusters of 300 ms and unknown size, chunks of 80 KB). `sh scripts/node24 packages/media/bench/parse.ts`
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBodyIndex } from '../src/index.ts'

const CHUNK_BYTES = 80 * 1024
const LOOPS = 35

if (globalThis.gc === undefined) console.log('without --expose-gc, bytes held are a guess')

const folder = mkdtempSync(join(tmpdir(), 'rushes-bench-'))
try {
  const once = join(folder, 'once.webm')
  const body = join(folder, 'body.webm')
  const ffmpeg = (...args: string[]): void => {
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args])
  }
  const video = ['-c:v', 'libvpx', '-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-g', '100']
  const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30,noise=alls=40:allf=t', '-f', 'lavfi', '-i', 'sine']
  const speed = ['-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-frame_duration', '60', '-t', '20']
  ffmpeg(...sources, ...video, ...speed, once)
  const live = ['-c', 'copy', '-live', '1', '-cluster_time_limit', '300', '-f', 'webm']
  ffmpeg('-stream_loop', String(LOOPS - 1), '-i', once, ...live, body)
  const bytes = readFileSync(body)
  // One recording stays open, as on a server: without any, a collection throws the compiled code away with the shapes of
  // its objects. The first round is cold: most of it is the compiler's.
  const open = openBodyIndex()
  open.push(bytes.subarray(0, CHUNK_BYTES))
  for (let round = 0; round < 8; round++) measure(bytes)
  open.finish()
} finally {
  rmSync(folder, { recursive: true })
}

function measure(body: Uint8Array): void {
  const megabytes = body.length / 1e6
  const before = held()
  const index = openBodyIndex()
  const start = process.cpuUsage()
  for (let at = 0; at < body.length; at += CHUNK_BYTES) index.push(body.subarray(at, at + CHUNK_BYTES))
  index.finish()
  const { user, system } = process.cpuUsage(start)
  const bytes = held() - before
  const samples = index.tracks.reduce((sum, track) => sum + index.sampleCount(track.id), 0)
  const begin = performance.now()
  const view = index.webmView()
  const headerMs = performance.now() - begin
  const header =
    view.state === 'ready' && view.layout.extents[0]?.kind === 'bytes' ? view.layout.extents[0].bytes : null
  console.log(
    `${megabytes.toFixed(0)} MB, ${samples} samples: ${((user + system) / megabytes).toFixed(0)} µs CPU/MB, ` +
      `${(bytes / 1e6).toFixed(2)} MB held, WebM header of ${header?.length} bytes in ${headerMs.toFixed(1)} ms`,
  )
}

/** Buffers and objects that live; exact only with --expose-gc. */
function held(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
