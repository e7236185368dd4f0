// What the manifest of the fixtures states of documents, where they are there.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWorkFolder } from '@rushes/sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { officePdf, officeProblem, PPT, PPTX, pdfPages, readDeck } from '../src/index.ts'

type Facts = { pages?: number; slides?: number; notes?: number; first_mediabox?: number[]; slide_emu?: number[] }
type Document = { file: string; kind: string; facts: Facts }

const root = process.env['RUSHES_FIXTURES'] ?? join(import.meta.dirname, '../../../../shared/fixtures')
const all: Document[] = existsSync(join(root, 'MANIFEST.json'))
  ? (JSON.parse(readFileSync(join(root, 'MANIFEST.json'), 'utf8')) as { files: Document[] }).files
  : []
const of = (kind: string): Document[] => all.filter((each) => each.kind === kind)
const folder = mkdtempSync(join(tmpdir(), 'rushes-document-fixtures-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const { signal } = new AbortController()

/** Of a PNG (§11.2.2). */
const sizeOf = (png: Buffer): number[] => [png.readUInt32BE(16), png.readUInt32BE(20)]

describe('documents of others', () => {
  it('have the pages that the manifest states, in its proportions: PDF', async () => {
    for (const { file, facts } of of('pdf')) {
      const { count, pages } = await pdfPages({ path: join(root, file), folder, signal })
      expect([count, pages.length, pages.every(({ problem }) => problem === null)], file).toEqual([
        facts.pages,
        facts.pages,
        true,
      ])
      const [width, height] = sizeOf(readFileSync(pages[0]!.path!)) as [number, number]
      const [, , right, top] = facts.first_mediabox as [number, number, number, number]
      // A page may be shown turned.
      const wanted = /rotated/.test(file) && width > height ? top / right : right / top
      expect(Math.abs(width / height - wanted), file).toBeLessThan(0.01)
    }
  }, 120_000)

  it('have the slides and notes that the manifest states: PPTX and PPT', async () => {
    for (const { file, kind, facts } of [...of('pptx'), ...of('ppt')]) {
      const deck = await readDeck(join(root, file), signal)
      expect([deck.kind, deck.slides.length], file).toEqual([kind === 'ppt' ? PPT : PPTX, facts.slides])
      expect(
        deck.slides.map(({ problem }) => problem),
        file,
      ).toEqual(deck.slides.map(() => null))
      if (facts.notes !== undefined) {
        expect(deck.slides.filter(({ notes }) => notes !== '').length, file).toBeLessThanOrEqual(facts.notes)
      }
    }
  }, 120_000)

  it('are drawn slide by slide where LibreOffice is there and opens them', async () => {
    if (officeProblem() !== null) return
    for (const { file, facts } of of('pptx').filter((each) => (each.facts.slides ?? 0) > 1)) {
      const work = openWorkFolder()
      const [path, output] = [work.newFile('in'), work.newFile('out')]
      writeFileSync(path, readFileSync(join(root, file)))
      await officePdf({ path, kind: PPTX, output, signal })
      const { pages } = await pdfPages({ path: output, folder, width: 400, isStrict: false, signal })
      rmSync(work.path, { recursive: true, force: true })
      expect([pages.length, pages.every(({ problem }) => problem === null)], file).toEqual([facts.slides, true])
      const [width, height] = sizeOf(readFileSync(pages[0]!.path!)) as [number, number]
      const [across, down] = facts.slide_emu as [number, number]
      expect(Math.abs(width / height - across / down), file).toBeLessThan(0.01)
    }
  }, 300_000)
})
