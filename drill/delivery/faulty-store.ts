// Preloaded into the server (--import): its disk does wrong what it said it had done. After the sync of a delivery's file
// and before it is read back, a byte is flipped or the file is cut; or the sync fails, which is answered by 503.
import {
  appendFileSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

export type StoreFault = 'flip' | 'cut' | 'refuse'
export type StoreFaults = { share: number; faults: readonly StoreFault[]; log: string }

const { share, faults, log } = JSON.parse(process.env['RUSHES_DRILL_STORE']!) as StoreFaults

function damage(path: string, fault: StoreFault): void {
  const fd = openSync(path, 'r+')
  try {
    const { size } = fstatSync(fd)
    const at = Math.floor(Math.random() * size)
    if (fault === 'cut') ftruncateSync(fd, at)
    else {
      const byte = Buffer.alloc(1)
      readSync(fd, byte, 0, 1, at)
      byte[0]! ^= 1 << Math.floor(Math.random() * 8)
      writeSync(fd, byte, 0, 1, at)
    }
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

const sample = await open('/proc/self/exe', 'r')
const handles = Object.getPrototypeOf(sample) as FileHandle
await sample.close()
const { datasync } = handles
let struck = 0
handles.datasync = async function (this: FileHandle): Promise<void> {
  const path = readlinkSync(`/proc/self/fd/${this.fd}`)
  const strikes = path.endsWith('.part') && Math.random() < share
  const fault = strikes ? faults[struck++ % faults.length]! : null
  if (fault === 'refuse') {
    appendFileSync(log, 'refuse\n')
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  }
  await datasync.call(this)
  if (fault === null) return
  damage(path, fault)
  appendFileSync(log, `${fault}\n`)
}
