// SPEC.md, Commit: a disk that fails at any operation, and a machine that goes down after it.
import { describe, expect, it, vi } from 'vitest'
import { randomSource } from '../../../drill/random-source.ts'
import { bytesSource, checkArchive, type Editor, encodeAnchor, openArchive, openEditor, SLOTS } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { UmfError } from '../src/umf-error.ts'
import { tornImage } from './crash-images.ts'
import { crashProblem } from './crash-judge.ts'
import { freshArchive, type Step, seen } from './edit-history.ts'
import { after, MemoryFile } from './memory-file.ts'

const seed = Number(process.env['RUSHES_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

// Seconds on an idle machine; what it shows does not depend on how long it takes.
vi.setConfig({ testTimeout: 300_000 })
const text = (content: string) => new TextEncoder().encode(content)
const item = (name: string) => ({ name, type: 'data', contentType: 'text/plain' })

/** Fails once, at one of its operations; a write has by then done a part of its work, a sync nothing of it. */
class FailingFile extends MemoryFile {
  failsAt = Number.POSITIVE_INFINITY
  failsOn = 0
  loses = false

  override async write(offset: number, bytes: Uint8Array): Promise<void> {
    const fails = this.#fails()
    await super.write(offset, fails ? bytes.subarray(0, bytes.length >> 1) : bytes)
    if (fails) throw new UmfError('source', 'no space left')
  }

  override async truncate(size: number): Promise<void> {
    if (this.#fails()) throw new UmfError('source', 'it can not be cut')
    await super.truncate(size)
  }

  override async sync(): Promise<void> {
    if (this.#fails()) {
      // What was to be synced is read back from memory, and is not on the disk, whatever a later sync says.
      const synced = this.operations.findLastIndex(({ kind }) => kind === 'sync')
      const lost = this.operations.filter(({ kind }, index) => index <= synced || kind !== 'write')
      if (this.loses) this.operations.splice(0, this.operations.length, ...lost)
      throw new UmfError('source', 'the disk failed')
    }
    await super.sync()
  }

  #fails(): boolean {
    const number = this.failsOn++
    // Every second fault is one that stays.
    return this.failsAt % 2 === 0 ? number === this.failsAt : number >= this.failsAt
  }
}

const kinds: Record<string, (editor: Editor) => Promise<void>> = {
  'an edit by index': (editor) => editor.edit({ put: [{ item: item('new'), content: text('new '.repeat(300)) }] }),
  'an edit by record': (editor) =>
    editor.edit({ put: [{ item: item('new'), content: text('new '.repeat(300)) }] }, { by: 'record' }),
  'an index': (editor) => editor.writeIndex(),
  'an erasure': (editor) => editor.erase(['doomed']),
}

describe(`a disk that fails, RUSHES_SEED=${seed}`, () => {
  it.each(Object.keys(kinds))(
    '[W1-W6] at any operation of %s leaves the old state or the new, also after a crash',
    async (kind) => {
      const random = randomSource(seed)
      let isThrough = false
      for (let failsAt = 0; !isThrough; failsAt++) {
        const file = new FailingFile(await freshArchive(random))
        const editor = await openEditor(file, sha256)
        await editor.edit({ put: [{ item: item('doomed'), content: text('doomed bytes') }] })
        const before = file.bytes
        const old = await seen(file)
        const whole = new MemoryFile(before)
        await kinds[kind]!(await openEditor(whole, sha256))
        file.operations.length = 0
        Object.assign(file, { failsAt, failsOn: 0, loses: random.chance(0.5) })
        const fault: unknown = await kinds[kind]!(editor).catch((each: unknown) => each)
        isThrough = fault === undefined
        if (!isThrough) expect(fault).toBeInstanceOf(UmfError)
        // The sync that failed may have written anything.
        const step: Step = { name: kind, before, operations: file.operations, old, next: await seen(whole), erased: [] }
        for (let tries = 0; tries < 10; tries++) {
          const image = { ...tornImage(step, random), isDone: false }
          expect(await crashProblem(step, image, random)).toBeNull()
        }
        // The same editor goes on, or says that it can't; either way nothing that it acknowledged is lost.
        Object.assign(file, { failsAt: Number.POSITIVE_INFINITY })
        const next: unknown = await editor
          .edit({ put: [{ item: item('later'), content: text('later') }] })
          .catch((each: unknown) => each)
        if (next === undefined) {
          expect((await checkArchive(file, { sha256 })).problems).toEqual([])
          const disk = bytesSource(file.operations.reduce(after, before))
          expect((await checkArchive(disk, { sha256 })).problems).toEqual([])
          expect((await openArchive(disk, { sha256 })).item('later').length).toBe(5)
        } else expect(next).toMatchObject({ code: 'source' })
      }
    },
  )

  it('[W1] and a newest state that is damaged is not cut off by an editor', async () => {
    const file = new MemoryFile(await freshArchive(randomSource(seed)))
    const editor = await openEditor(file, sha256)
    await editor.edit({ put: [{ item: item('one'), content: text('one') }] })
    await editor.edit({ put: [{ item: item('two'), content: text('two') }] })
    const { anchor } = editor.state
    expect([
      file.bytes.subarray(SLOTS[0], SLOTS[0] + 128),
      file.bytes.subarray(SLOTS[1], SLOTS[1] + 128),
    ]).toContainEqual(encodeAnchor(anchor!, sha256))
    const damaged = file.bytes.slice()
    damaged[anchor!.indexOffset + 100]! ^= 1
    await expect(openEditor(new MemoryFile(damaged), sha256)).rejects.toMatchObject({ code: 'malformed' })
    const cut = new MemoryFile(file.bytes.slice(0, -1))
    await expect(openEditor(cut, sha256)).rejects.toMatchObject({ code: 'malformed' })
    expect(cut.operations).toEqual([])
  })
})
