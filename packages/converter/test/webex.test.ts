// A recording of WebEx in its own form, from one end of the converter to the other.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { expect, it } from 'vitest'
import { convertArchive } from '../src/index.ts'
import { randomBytes } from './extractor/image.ts'
import { smallWav } from './small-blob.ts'
import { smallPdf } from './small-meeting.ts'

it('what can be cut out of it is, it is kept, and it is said what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rushes-webex-'))
  try {
    const noise = randomBytes(7)(900)
    const bytes = Buffer.concat([Buffer.from([1, 0, 2, 0]), noise, smallWav(2), noise, smallPdf(2), noise])
    const [input, output] = [join(folder, 'meeting.arf'), join(folder, 'meeting.umf')]
    await writeFile(input, bytes)
    await convertArchive({ inputs: [input], output, drawId: async () => newArchiveId() })
    await using source = await openFile(output)
    const archive = await openArchive(source, { sha256: nodeSha256 })
    expect([archive.metadata['format'], archive.presentation?.durationMs]).toEqual(['webex', 2000])
    expect(Buffer.from(await archive.bytes('meeting.arf')).equals(bytes)).toBe(true)
    const types = archive.items().map(({ type }) => type)
    expect(types.filter((type) => type === 'slide')).toHaveLength(2)
    const notes = archive.metadata['notes'] as { code: string; resource?: string }[]
    expect(notes.filter(({ code }) => code === 'webex-only').map(({ resource }) => resource)).toEqual(['meeting.arf'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
