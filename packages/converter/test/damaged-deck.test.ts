import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { officeProblem } from '@rushes/processors'
import { newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pptxParts, zipped } from '../../processors/test/made-decks.ts'
import { convertArchive } from '../src/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-damaged-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a deck of which one slide is corrupt', () => {
  it('is converted by the slower processor, which a whole deck beside it does without', async () => {
    const place = join(folder, 'decks')
    await mkdir(place)
    const parts = pptxParts([{ lines: ['One'] }, { lines: ['Two', 'gone'], notes: 'Say two' }, { lines: ['Three'] }])
    await writeFile(join(place, 'whole.pptx'), zipped(parts))
    const name = 'ppt/slides/slide2.xml'
    const text = parts.get(name)!.toString()
    const at = text.indexOf('gone')
    const spoilt = Buffer.from(`${text.slice(0, at)}<<${text.slice(at)}`)
    await writeFile(join(place, 'corrupt.pptx'), zipped(new Map([...parts, [name, spoilt]])))

    const output = join(folder, 'decks.umf')
    const drawId = async () => newArchiveId()
    const { tasks, notes } = await convertArchive({ inputs: [place], output, drawId })
    await using source = await openFile(output)
    const archive = await openArchive(source, { sha256: nodeSha256 })
    const written = async (deck: string, what: string) =>
      new TextDecoder().decode(await archive.bytes(`slides/${deck}/${what}.txt`))
    expect(await written('whole.pptx', 'text')).toBe('One\n\fTwo\ngone\n\fThree\n\f')
    expect(await written('whole.pptx', 'notes')).toBe('\n\fSay two\n\f\n\f')
    const isDrawn = officeProblem() === null
    // What LibreOffice would be needed for is marked; what is read by ourselves is there without it.
    expect(await written('corrupt.pptx', 'text')).toBe(isDrawn ? 'One\n\fTwo\n\fThree\n\f' : 'One\n\f\n\fThree\n\f')

    expect(attemptsOf(tasks).sort((left, right) => left.length - right.length)).toEqual(
      isDrawn
        ? [['draw-pages'], ['draw-pages', 'draw-each-page']]
        : [
            ['draw-pages', 'draw-each-page', 'found-pages'],
            ['draw-pages', 'draw-each-page', 'found-pages'],
          ],
    )
    const pictures = archive.items({ type: 'slide' }).map(({ metadata }) => [metadata!['deck'], metadata!['index']])
    const ofEach = (deck: string) => [0, 1, 2].map((index) => [deck, index])
    expect(pictures.sort()).toEqual(isDrawn ? [...ofEach('corrupt.pptx'), ...ofEach('whole.pptx')] : [])
    const damage = notes.filter(({ code }) => code === 'slide-damaged')
    expect(damage.length).toBeGreaterThan(0)
    for (const note of damage) {
      expect(note).toMatchObject({ resource: 'corrupt.pptx', message: expect.stringMatching(/^slide 2 is damaged/) })
    }
    // The original is kept as it came.
    expect(Buffer.from(await archive.bytes('corrupt.pptx')).includes('ppt/slides/slide2.xml')).toBe(true)
  }, 300_000)
})

/** Processors that were tried, one behind the other, of each deck. */
function attemptsOf(tasks: Awaited<ReturnType<typeof convertArchive>>['tasks']): string[][] {
  const pages = tasks.filter(({ rule }) => rule === 'pages')
  return pages.map(({ attempts }) => attempts.map(({ processor }) => processor))
}
