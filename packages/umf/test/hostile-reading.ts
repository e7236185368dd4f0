// All that a host does with a file of a stranger, and what it may cost.

import {
  anonymous,
  bytesSource,
  checkArchive,
  checkSignatures,
  compactArchive,
  httpSource,
  openArchive,
  openEditor,
  type Source,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { UmfError } from '../src/umf-error.ts'
import { seen } from './edit-history.ts'
import { MemoryFile } from './memory-file.ts'

/** How often each byte of a file may be read by any one thing that is done with it; and what comes on top of it. */
const MOST_READINGS = 8
const MOST_MORE = 1024 * 1024
/** Of the processor, for files of some ten kilobytes. */
const MOST_MS = 3000

class CountedFile extends MemoryFile {
  readBytes = 0
  writtenBytes = 0

  override async read(offset: number, length: number): Promise<Uint8Array> {
    this.readBytes += length
    return await super.read(offset, length)
  }

  override async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writtenBytes += bytes.length
    await super.write(offset, bytes)
  }
}

/** A fault that is a UmfError is an answer; null. @throws whatever else comes */
async function answer<Value>(asked: Promise<Value>): Promise<Value | null> {
  return await asked.catch((fault: unknown) => {
    if (fault instanceof UmfError) return null
    throw fault
  })
}

const doings: Record<string, (file: CountedFile) => Promise<unknown>> = {
  async read(file) {
    const archive = await openArchive(file, { sha256 })
    await checkSignatures(archive.state)
    file.readBytes = 0
    const shown = archive.presentation?.length ?? 0
    if (shown > file.size) throw new Error('a presentation longer than the file')
    const total = archive
      .items()
      .reduce((sum, { extents = [] }) => sum + extents.reduce((all, [, each]) => all + each, 0), 0)
    for (const { name, length = 0, pointer } of archive.items()) {
      if (pointer === undefined && length > file.size) throw new Error('an item longer than the file')
      await answer(archive.bytes(name))
    }
    // Items may share their bytes (E2): each asks for its own.
    file.readBytes = Math.max(0, file.readBytes - total)
    await answer(archive.events())
    return await answer(archive.as(anonymous).events())
  },
  check: (file) => checkArchive(file, { sha256 }),
  async edit(file) {
    const before = await seen(file)
    file.readBytes = 0
    const editor = await openEditor(file, sha256)
    if (file.writtenBytes > file.size + 8192) throw new Error(`${file.writtenBytes} bytes were written to open it`)
    if (editor.state.description.erases !== true && (await seen(file)) !== before)
      throw new Error('opening changed its state')
    file.readBytes = 0
    const wasClean = (await checkArchive(file, { sha256 })).ok
    const put = [{ item: { name: 'put', type: 'data', contentType: 'a/b' }, content: new Uint8Array(3) }]
    const isDone = (await answer(editor.edit({ put }).then(() => true))) === true
    if (wasClean && isDone && !(await checkArchive(file, { sha256 })).ok) throw new Error('an edit made it unclean')
    const [name] = editor.state.description.items.map((item) => item.name)
    if (name !== undefined) await answer(editor.erase([name]))
    file.readBytes /= 5
  },
  async compact(file) {
    const { state } = await openArchive(file, { sha256 })
    const made = new MemoryFile()
    await compactArchive(file, state, { write: (bytes) => made.write(made.size, bytes), sha256 })
    if (made.size > 2 * file.size + 8192) throw new Error('compaction made it larger')
  },
  async http(file) {
    const direct = await answer(seen(file))
    const source = await served(file.bytes)
    const there = await answer(seen(source))
    if (direct !== there) throw new Error('over HTTP it is another archive')
  },
}

function served(bytes: Uint8Array): Promise<Source> {
  return httpSource('http://localhost/', {
    async fetch(_, init) {
      const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(new Headers(init?.headers).get('range')!)!
      const start = from === '' ? Math.max(0, bytes.length - Number(to)) : Number(from)
      const end = from === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1)
      const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
      return new Response(bytes.slice(start, end), { status: 206, headers })
    },
  })
}

/**
 * Does with a file all that there is to do.
 *
 * @returns whether it opens
 * @throws Error what a host must not see: other errors, costs without bound
 */
export async function readHostile(bytes: Uint8Array): Promise<boolean> {
  for (const [name, run] of Object.entries(doings)) {
    const file = new CountedFile(bytes.slice())
    const start = process.threadCpuUsage()
    try {
      await answer(run(file))
    } catch (fault) {
      throw new Error(`${name}: ${fault instanceof Error ? fault.stack : String(fault)}`)
    }
    const { user, system } = process.threadCpuUsage(start)
    const ms = (user + system) / 1000
    if (ms > MOST_MS) throw new Error(`${name} took ${ms} ms`)
    const most = MOST_READINGS * bytes.length + MOST_MORE
    if (file.readBytes > most) throw new Error(`${name} read ${file.readBytes} bytes of a file of ${bytes.length}`)
  }
  return (await answer(openArchive(bytesSource(bytes), { sha256 }))) !== null
}
