// Opens and checks files beside the page, which stays quick meanwhile. To cancel it, it is ended.
import { blobSource, checkArchive, httpSource, type Source, UmfError } from '@rushes/umf'
import type { BoxTreeOptions } from './box-tree.ts'
import { browserSha256 } from './browser-sha256.ts'
import { inspectFile } from './inspect-file.ts'
import type { Task, TaskAnswer } from './inspection.ts'

const progressEveryMs = 100
const windowBytes = 256 * 1024
/** A check reads each byte once or twice; a file made to have it read the same bytes for ever is given up. */
const mostReadings = 4
const alwaysReadBytes = 64 * 1024 * 1024

const onDisk: BoxTreeOptions = { most: 100_000, windowBytes: 4096 }
/** Each window is a request. */
const onServer: BoxTreeOptions = { most: 2000, windowBytes: 64 * 1024 }

const sha256 = browserSha256()

self.addEventListener('message', ({ data }: MessageEvent<Task>) => {
  run(data).then(answer, (fault: unknown) => {
    const code = fault instanceof UmfError ? fault.code : 'unknown'
    answer({ kind: 'failed', code, message: fault instanceof Error ? fault.message : String(fault) })
  })
})

function answer(answer: TaskAnswer): void {
  self.postMessage(answer)
}

async function run(task: Task): Promise<TaskAnswer> {
  const source = 'file' in task ? blobSource(task.file) : await httpSource(task.address)
  if (task.task === 'open') {
    const boxes = 'file' in task ? onDisk : onServer
    return { kind: 'opened', inspection: await inspectFile(source, await sha256, boxes) }
  }
  return { kind: 'checked', result: await checkArchive(windowed(counted(source)), { sha256: await sha256 }) }
}

/** Many small reads beside each other as one: each costs a browser about a millisecond, of ten thousand items ten seconds. */
function windowed(source: Source): Source {
  let window = { start: 0, bytes: new Uint8Array(0) as Uint8Array }
  return {
    size: source.size,
    async read(offset, length) {
      if (length > windowBytes / 2 || offset + length > source.size) return await source.read(offset, length)
      if (offset < window.start || offset + length > window.start + window.bytes.length) {
        window = { start: offset, bytes: await source.read(offset, Math.min(windowBytes, source.size - offset)) }
      }
      return window.bytes.subarray(offset - window.start, offset - window.start + length)
    },
  }
}

/** Tells how far reading is: items of many GB are one digest, of which the check itself tells only when it is through. */
function counted(source: Source): Source {
  const total = source.size
  let done = 0
  let toldAt = 0
  return {
    size: total,
    async read(offset, length) {
      const bytes = await source.read(offset, length)
      done += length
      if (done > mostReadings * total + alwaysReadBytes)
        throw new UmfError('too-large', 'its digests name the same bytes over and over')
      const now = performance.now()
      if (now - toldAt > progressEveryMs) {
        toldAt = now
        answer({ kind: 'progress', done: Math.min(done, total), total })
      }
      return bytes
    },
  }
}
