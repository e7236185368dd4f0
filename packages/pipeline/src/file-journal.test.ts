import { appendFile, mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journalContract } from '../test/journal-contract.ts'
import { openFileJournal } from './file-journal.ts'
import type { JobEntry } from './job-entry.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-journal-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const newPath = () => join(folder, `journal-${files++}`)
const program = fileURLToPath(new URL('../test/file-journal-process.ts', import.meta.url))

journalContract('a file', async () => {
  const path = newPath()
  return {
    open: (limits) => openFileJournal(path, limits),
    writer: [program, path],
    async tear(journal, next, random) {
      await journal.close()
      const whole = await lineOf(next)
      // A part of the line, or pages of it that never reached the disk.
      const torn = whole.subarray(0, Math.floor(random() * whole.length))
      if (random() < 0.3) torn.fill(0, Math.floor(random() * torn.length))
      await appendFile(path, torn)
    },
  }
})

/** What is written for a batch. */
async function lineOf(batch: readonly JobEntry[]): Promise<Buffer> {
  const path = newPath()
  const journal = await openFileJournal(path)
  await journal.read()
  await journal.append(batch)
  await journal.close()
  const file = await open(path)
  return await file.readFile().finally(() => file.close())
}

describe('a journal in a file', () => {
  it('leaves nothing beside it when it is closed, and needs nothing of what a dead process left', async () => {
    const path = join(folder, 'alone')
    const left = async () => (await readdir(folder)).filter((name) => name.startsWith('alone'))
    const journal = await openFileJournal(path)
    expect((await left()).sort()).toEqual(['alone', 'alone.holder', 'alone.lock'])
    await journal.close()
    expect(await left()).toEqual(['alone'])
    // As after a reboot: files of a holder whose number is another process's by now.
    await appendFile(`${path}.lock`, '')
    await appendFile(`${path}.holder`, JSON.stringify({ pid: 1, host: 'here', since: '2026-01-01T00:00:00Z' }))
    await (await openFileJournal(path)).close()
  })

  it('refuses a file that is something else, or broken before its end, and leaves it as it is', async () => {
    const path = newPath()
    await appendFile(path, 'my diary\nof two lines\n')
    const journal = await openFileJournal(path)
    await expect(journal.read()).rejects.toMatchObject({ code: 'journal-damaged' })
    await journal.close()
    const file = await open(path)
    expect((await file.readFile('utf8')).length).toBe(22)
    await file.close()
    const huge = newPath()
    await appendFile(huge, '')
    await truncate(huge, 2 ** 40)
    const other = await openFileJournal(huge)
    await expect(other.read()).rejects.toMatchObject({ code: 'journal-damaged', message: 'the journal is too large' })
    await other.close()
  })

  it('says where it can’t be', async () => {
    await expect(openFileJournal(join(folder, 'missing', 'journal'))).rejects.toMatchObject({
      code: 'journal-unusable',
    })
  })
})
