// examples/convert, as somebody runs it.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallZip } from './small-zip.ts'

const program = fileURLToPath(new URL('../../../examples/convert/convert-inbox.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-example-'))
})
afterAll(async () => await rm(folder, { recursive: true, force: true }))

describe('the example of the converter', { timeout: 300_000 }, () => {
  it('converts what lies in a folder, says what came of it, and leaves what it has done', async () => {
    const [inbox, outbox] = [join(folder, 'in'), join(folder, 'out')]
    await mkdir(inbox)
    const note = Buffer.from('what was said')
    await writeFile(join(inbox, 'talk.zip'), smallZip([{ name: 'a/notes.txt', content: note }]))
    await writeFile(join(inbox, 'plain.txt'), note)
    const run = async () => (await promisify(execFile)(process.execPath, [program, inbox, outbox])).stdout
    expect((await run()).trim().split('\n')).toEqual([
      expect.stringMatching(/out\/plain\.umf: .*, 0 s, 0 events, .*1 \w+/),
      expect.stringMatching(/out\/talk\.umf: .*, 0 s, 0 events, .*1 \w+/),
    ])
    expect(await readdir(outbox)).toEqual(['plain.umf', 'talk.umf'])
    await copyFile(join(inbox, 'plain.txt'), join(inbox, 'second.txt'))
    expect(await run()).toMatch(/^\S*out\/second\.umf: [^\n]*\n$/)
  })
})
