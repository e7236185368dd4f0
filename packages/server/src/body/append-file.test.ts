import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAppendFile } from './append-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-append-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a file that only grows', () => {
  it('takes more buffers at once than the system does (IOV_MAX)', async () => {
    const path = join(folder, 'body')
    const file = await openAppendFile(path, 0)
    const buffers = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index},`))
    await file.append(buffers)
    expect(file.size).toBe(Buffer.concat(buffers).length)
    await file.append([Buffer.from('end')])
    await file.close()
    expect(readFileSync(path, 'utf8')).toBe(`${Buffer.concat(buffers)}end`)
  })

  it('cuts off what lies behind the place where it goes on', async () => {
    const path = join(folder, 'body')
    writeFileSync(path, 'durable, and a tail that was never acknowledged')
    const file = await openAppendFile(path, 7)
    await file.append([Buffer.from('!')])
    await file.close()
    expect(readFileSync(path, 'utf8')).toBe('durable!')
  })

  it('never touches another file by the number of a descriptor that it closed', async () => {
    const file = await openAppendFile(join(folder, 'body'), 0)
    await file.append([Buffer.from('ours')])
    await file.close()
    // The lowest free number: the one that was just closed, unless something else of this process was quicker.
    const others = Array.from({ length: 8 }, (_, index) => openSync(join(folder, `other-${index}`), 'w'))
    await expect(file.append([Buffer.from('ours')])).rejects.toMatchObject({ code: 'storage-failed' })
    await expect(file.truncate(0)).rejects.toMatchObject({ code: 'storage-failed' })
    await file.close()
    for (const [index, fd] of others.entries()) {
      writeSync(fd, 'theirs')
      closeSync(fd)
      expect(readFileSync(join(folder, `other-${index}`), 'utf8')).toBe('theirs')
    }
    expect(readFileSync(join(folder, 'body'), 'utf8')).toBe('ours')
  })

  it('says storage-failed where there is no folder', async () => {
    await expect(openAppendFile(join(folder, 'missing', 'body'), 0)).rejects.toMatchObject({ code: 'storage-failed' })
  })
})
