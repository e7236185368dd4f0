import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWorkFolder } from '@rushes/sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { repairOdp, repairPptx } from '../src/documents/deck-repair.ts'
import { readOdp } from '../src/documents/odp-deck.ts'
import { OfficeZip } from '../src/documents/office-zip.ts'
import { readPptx } from '../src/documents/pptx-deck.ts'
import { repairXml } from '../src/documents/xml-repair.ts'
import { type DeckKind, officePdf, officeProblem, PPTX, pdfPages, readDeck, repairDeck } from '../src/index.ts'
import { type DeckParts, odpParts, pptxParts, zipped } from './made-decks.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-decks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let written = 0
const write = (bytes: Uint8Array): string => {
  const path = join(folder, `deck-${written++}`)
  writeFileSync(path, bytes)
  return path
}
const { signal } = new AbortController()
/** In this thread: one of its own takes longer to start than such a deck to be read. */
async function inZip<Result>(
  bytes: Uint8Array,
  use: (zip: OfficeZip, isOdp: boolean) => Promise<Result>,
): Promise<Result> {
  const zip = await OfficeZip.open(write(bytes))
  try {
    return await use(zip, zip.has('content.xml'))
  } finally {
    zip.close()
  }
}
const read = (bytes: Uint8Array) => inZip(bytes, (zip, isOdp) => (isOdp ? readOdp : readPptx)(zip))
const repair = async (bytes: Uint8Array, empty: readonly number[] = []) => {
  const output = write(Buffer.alloc(0))
  const repairs = await inZip(bytes, (zip, isOdp) => (isOdp ? repairOdp : repairPptx)(zip, output, new Set(empty)))
  return { repairs, bytes: readFileSync(output) }
}
const texts = async (bytes: Uint8Array) =>
  (await read(bytes)).slides.map(({ text, notes, problem }) => [text, notes, problem === null])

const slides = [
  { lines: ['First', 'Äpfel &amp; Birnen'], notes: 'Say hello' },
  { lines: ['Second'], font: 'Nobody Sans' },
  { lines: ['Third', 'and last'], notes: 'Say goodbye', isHidden: true },
]
const asRead = [
  ['First\nÄpfel & Birnen', 'Say hello', true],
  ['Second', '', true],
  ['Third\nand last', 'Say goodbye', true],
]

const made: [string, (slides: Parameters<typeof pptxParts>[0]) => DeckParts][] = [
  ['PPTX', pptxParts],
  ['ODP', odpParts],
]

describe.each(made)('what is written in a %s', (kind, parts) => {
  it('is told slide by slide, with its notes, in the order in which they are shown', async () => {
    expect(await texts(zipped(parts(slides)))).toEqual(asRead)
  })

  it('is read of the others where one is damaged, at whatever place', async () => {
    const whole = parts(slides)
    const name = kind === 'PPTX' ? 'ppt/slides/slide2.xml' : 'content.xml'
    const text = whole.get(name)!.toString()
    const from = kind === 'PPTX' ? text.indexOf('<p:sld ') : text.indexOf('draw:name="p2"')
    const to = kind === 'PPTX' ? text.length : text.indexOf('</draw:page>', from)
    for (let at = from + 10; at < to; at += 97) {
      const damaged = `${text.slice(0, at)}<\u0001<${text.slice(at + 3)}`
      const bytes = zipped(new Map([...whole, [name, Buffer.from(damaged)]]))
      const found = await texts(bytes)
      expect([found[0], found[2]], `damaged at ${at}`).toEqual([asRead[0], asRead[2]])
      expect(found[1]![2], `damaged at ${at}`).toBe(false)
    }
  })

  it('is bounded: a document type, a depth, a part that never ends, and sizes that lie', async () => {
    const bomb = Buffer.from(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)
    const deep = Buffer.from('<a>'.repeat(100_000))
    const huge = Buffer.alloc(40 * 2 ** 20, 0x20)
    const name = kind === 'PPTX' ? 'ppt/slides/slide1.xml' : 'content.xml'
    for (const content of [bomb, deep, huge]) {
      const bytes = zipped(new Map([...parts(slides), [name, content]]))
      const answer = await texts(bytes).catch((error: { code: string }) => error.code)
      if (kind === 'PPTX' && content !== huge) expect((answer as unknown[][])[0]![2]).toBe(false)
      else expect(['input-refused', 'input-too-large']).toContain(answer)
    }
    const lying = zipped(parts(slides), { sizes: { [name]: 10 } })
    const answer = await texts(lying).catch((error: { code: string }) => error.code)
    if (kind === 'PPTX') expect((answer as unknown[][])[0]![2]).toBe(false)
    else expect(answer).toMatchObject([[expect.anything(), expect.anything(), true], {}, {}])
  })

  it('is found again in a copy in which the damaged slide is repaired, and all others are what they were', async () => {
    const whole = parts(slides)
    const name = kind === 'PPTX' ? 'ppt/slides/slide1.xml' : 'content.xml'
    const text = whole.get(name)!.toString()
    const at = text.indexOf('Birnen')
    const damaged = zipped(new Map([...whole, [name, Buffer.from(`${text.slice(0, at)}<<${text.slice(at)}`)]]))
    const copy = await repair(damaged)
    expect(copy.repairs).toEqual([{ slide: 1, state: 'repaired' }])
    const found = await texts(copy.bytes)
    expect(found).toEqual([[expect.stringMatching(/^First/), expect.anything(), true], asRead[1], asRead[2]])
  })

  it('is left out of slides that are to be empty', async () => {
    const copy = await repair(zipped(parts(slides)), [1, 3])
    expect((await texts(copy.bytes)).map(([text]) => text)).toEqual(['', 'Second', ''])
  })
})

describe('a PPTX', () => {
  it('of which a part does not unpack has the slide that can be had of what comes before the damage', async () => {
    const long = { lines: Array.from({ length: 60 }, (_, index) => `Line ${index} ${Math.sin(index)}`) }
    const bytes = zipped(pptxParts([slides[0]!, long, slides[2]!]), { spoilt: ['ppt/slides/slide2.xml'] })
    expect((await texts(bytes)).map(([, , isWhole]) => isWhole)).toEqual([true, false, true])
    const copy = await repair(bytes)
    expect(copy.repairs).toEqual([{ slide: 2, state: 'repaired' }])
    expect((await texts(copy.bytes))[1]![0]).toMatch(/^Line 0 0\nLine 1 /)
  })

  it('is read and repaired in a thread of its own, which is left when it takes too long', async () => {
    const path = write(zipped(pptxParts(slides)))
    expect((await readDeck(path, signal)).slides.map(({ text }) => text)).toEqual(asRead.map(([text]) => text))
    const output = write(Buffer.alloc(0))
    expect(await repairDeck({ path, output, empty: [2] }, signal)).toEqual([{ slide: 2, state: 'empty' }])
    await expect(readDeck(path, signal, 1)).rejects.toMatchObject({ code: 'timed-out' })
  })

  it('names its fonts, and asks for nothing that lies elsewhere', async () => {
    const { fonts } = await read(zipped(pptxParts(slides)))
    expect(fonts).toEqual(['Nobody Sans'])
  })

  it('is refused where it is none', async () => {
    for (const bytes of [Buffer.from('PK\u0003\u0004 and nothing else'), Buffer.alloc(5000), zipped(new Map())])
      await expect(readDeck(write(bytes), signal)).rejects.toMatchObject({
        code: expect.stringMatching(/^(input-refused|not-handled)$/),
      })
  })
})

describe('damaged XML', () => {
  it('is well-formed afterwards, wherever it was cut, with all that was whole before', () => {
    const text = pptxParts(slides).get('ppt/slides/slide1.xml')!.toString()
    for (let at = 0; at < text.length; at += 13) {
      const repaired = repairXml(text.slice(0, at))
      if (repaired === null) expect(at).toBeLessThan(text.indexOf('>', text.indexOf('<p:sld')) + 14)
      else expect(repairXml(repaired.text)?.lost, `cut at ${at}`).toBe(0)
    }
  })
})

describe('a picture of each slide', () => {
  const draw = async (bytes: Uint8Array, kind: DeckKind) => {
    const work = openWorkFolder()
    try {
      const [path, output] = [work.newFile('in'), work.newFile('out')]
      writeFileSync(path, bytes)
      await officePdf({ path, kind, output, signal })
      return (await pdfPages({ path: output, folder: join(folder, 'drawn'), width: 320, height: 180, signal })).pages
    } finally {
      rmSync(work.path, { recursive: true, force: true })
    }
  }

  it('is LibreOffice’s where it is, hidden slides too; elsewhere it is said what to install', async () => {
    const bytes = zipped(pptxParts(slides))
    if (officeProblem() === null) {
      const pages = await draw(bytes, PPTX)
      expect(pages.map(({ text, problem }) => [text.split('\n')[0], problem])).toEqual([
        ['First', null],
        ['Second', null],
        ['Third', null],
      ])
    } else await expect(draw(bytes, PPTX)).rejects.toMatchObject({ code: 'program-missing', message: /install/ })
  }, 300_000)
})
