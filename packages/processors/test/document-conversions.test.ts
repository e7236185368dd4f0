import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { smallPdf } from '../../converter/test/small-meeting.ts'
import { ODP, officeProblem, openConverter, PPT, PPTX } from '../src/index.ts'
import { convert, pixelsOf } from './conversion.ts'
import { odpParts, pptxParts, zipped } from './made-decks.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-documents-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0
const write = (bytes: Uint8Array): string => {
  const path = join(folder, `file-${written++}`)
  writeFileSync(path, bytes)
  return path
}
const slides = [{ lines: ['First'], notes: 'Say hello' }, { lines: ['Second'] }]
const pdf = write(smallPdf(3))
const pptx = write(zipped(pptxParts(slides)))
const odp = write(zipped(odpParts(slides)))

describe('of a PDF', () => {
  it('any page becomes a picture, as large as it is wished', async () => {
    const made = await convert('image/png', [['application/pdf', pdf]], { parameters: { page: 2, width: 160 } })
    expect(made).toMatchObject({ contentType: 'image/png', by: 'pdf-page' })
    const pixel = await pixelsOf(write(made.bytes), 160, 90)
    expect(pixel(159, 0)).toEqual([255, 255, 255])
    const isDark = Array.from({ length: 160 * 90 }, (_, at) => pixel(at % 160, Math.floor(at / 160))[0]! < 128)
    expect(isDark.filter(Boolean).length).toBeGreaterThan(50)
  })

  it('the text is told page by page, or of one page', async () => {
    const source = [['application/pdf', pdf]] as const
    expect((await convert('text/plain', source)).bytes.toString()).toBe('Page 1\n\fPage 2\n\fPage 3\n\f')
    const one = await convert('text/plain', source, { parameters: { page: 3 } })
    expect(one.bytes.toString()).toBe('Page 3\n\f')
    await expect(convert('text/plain', source, { parameters: { page: 4 } })).rejects.toMatchObject({
      code: 'parameters-refused',
      message: 'page: it has 3',
    })
  })
})

describe('of a deck', () => {
  it.each([
    [PPTX, pptx],
    [ODP, odp],
  ])('the text and the notes are told slide by slide: %s', async (kind, path) => {
    const text = await convert('text/plain', [[kind, path]])
    expect([text.bytes.toString(), text.by]).toEqual(['First\n\fSecond\n\f', 'deck-text'])
    const notes = await convert('text/plain;profile=notes', [[kind, path]])
    expect(notes.bytes.toString()).toBe('Say hello\n\f\n\f')
    expect(notes.contentType).toBe('text/plain;profile=notes')
  })

  it('pages are planned by way of a PDF, in any format of pictures', async () => {
    const converter = openConverter({ keep: async () => null })
    for (const contentType of [PPTX, ODP, PPT]) {
      const source = { identity: 'a', contentType, open: () => [] as never }
      const { steps } = converter.plan({ sources: [source], to: 'image/jpeg' })
      expect(steps.map(({ rule }) => rule.processor)).toEqual(['office-pdf', 'pdf-page', 'ffmpeg-image'])
      expect(converter.possible([source])).toEqual(
        expect.arrayContaining(['text/plain', 'application/pdf', 'image/png']),
      )
    }
    await converter.close()
  })

  it('a page is drawn where LibreOffice is there; elsewhere it is said what to install', async () => {
    const asked = convert('image/png', [[ODP, odp]], { parameters: { page: 2, height: 100 } })
    if (officeProblem() === null) expect((await asked).by).toBe('office-pdf → pdf-page')
    else await expect(asked).rejects.toMatchObject({ code: 'program-missing', message: /install/ })
  }, 300_000)
})
