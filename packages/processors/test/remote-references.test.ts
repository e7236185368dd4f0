// Documents that name what lies on other machines: whoever opens them must not be seen doing it.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pdfOf } from '../../converter/test/small-meeting.ts'
import { ODP, officePdf, officeProblem, PPTX, pdfPages, readDeck } from '../src/index.ts'
import { odpParts, pptxParts, zipped } from './made-decks.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-remote-'))
const { signal } = new AbortController()
const asked: string[] = []
let server: Server
let at: (path: string) => string

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!)
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  at = (path) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const write = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** A picture of which only the address is in the document. */
function remoteOdp(): Buffer {
  const parts = odpParts([{ lines: ['One'] }])
  const picture = `<draw:frame svg:width="5cm" svg:height="5cm" svg:x="1cm" svg:y="9cm"><draw:image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="${at('odp.png')}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>`
  const content = parts.get('content.xml')!.toString().replace('</draw:page>', `${picture}</draw:page>`)
  return zipped(new Map([...parts, ['content.xml', Buffer.from(content)]]))
}

/** ECMA-376 part 2 §9.3.2: relations of which the target is external: a picture, a link, media. */
function remotePptx(): Buffer {
  const parts = pptxParts([{ lines: ['One'] }])
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const relation = (id: string, type: string, path: string) =>
    `<Relationship Id="${id}" Type="${office}/${type}" Target="${at(path)}" TargetMode="External"/>`
  const all = ['image', 'hyperlink', 'video', 'audio', 'oleObject', 'slideLayout', 'notesSlide', 'chart']
  const more = all.map((type) => relation(`far-${type}`, type, `pptx-${type}`)).join('')
  const picture =
    '<p:pic><p:nvPicPr><p:cNvPr id="50" name="far"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:link="far-image"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr></p:pic>'
  const [slide, relations] = ['ppt/slides/slide1.xml', 'ppt/slides/_rels/slide1.xml.rels']
  const had =
    parts.get(relations)?.toString() ??
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
  parts.set(relations, Buffer.from(had.replace('</Relationships>', `${more}</Relationships>`)))
  parts.set(slide, Buffer.from(parts.get(slide)!.toString().replace('</p:spTree>', `${picture}</p:spTree>`)))
  return zipped(parts)
}

/** ISO 32000-1 §7.3.8.2, §12.6.4: a stream that lies elsewhere, and actions that lead there as soon as it is opened. */
function remotePdf(): Buffer {
  const text = pdfOf(['BT /F 40 Tf 30 80 Td (One) Tj ET']).toString('latin1')
  const action = `/OpenAction<</S/URI/URI(${at('pdf-action')})>>/AA<</O<</S/GoToR/F<</FS/URL/F(${at('pdf-other')})>>/D[0/Fit]>>>>`
  const font = `/FontDescriptor<</Type/FontDescriptor/FontName/Helvetica/FontFile2 99 0 R>>/Far<</F<</FS/URL/F(${at('pdf-stream')})>>>>`
  return Buffer.from(
    text
      .replace('/Type/Catalog', `/Type/Catalog${action}`)
      .replace('/BaseFont/Helvetica', `/BaseFont/Helvetica${font}`),
    'latin1',
  )
}

describe('what a document names elsewhere', () => {
  it('is not asked for when its slides and pages are read', async () => {
    expect((await readDeck(write('far.pptx', remotePptx()), signal)).slides).toMatchObject([{ text: 'One' }])
    expect((await readDeck(write('far.odp', remoteOdp()), signal)).slides).toMatchObject([{ text: 'One' }])
    const { pages } = await pdfPages({ path: write('far.pdf', remotePdf()), folder, isStrict: false, signal })
    expect(pages).toMatchObject([{ text: 'One' }])
    expect(asked).toEqual([])
  }, 60_000)

  it('is not asked for when LibreOffice draws it, which it would be', async () => {
    if (officeProblem() !== null) return
    for (const [kind, name, bytes] of [
      [ODP, 'far.odp', remoteOdp()],
      [PPTX, 'far.pptx', remotePptx()],
    ] as const) {
      const output = write(`${name}.pdf`, Buffer.alloc(0))
      await officePdf({ path: write(name, bytes), kind, output, signal })
      const { pages } = await pdfPages({ path: output, folder, width: 160, height: 90, isStrict: false, signal })
      expect(
        pages.map(({ text }) => text.trim()),
        name,
      ).toEqual(['One'])
      expect(asked, name).toEqual([])
    }
    // Without what encloses it, it asks: so that the test above can fail.
    const profile = `-env:UserInstallation=file://${join(folder, 'profile')}`
    const args = ['--headless', profile, '--convert-to', 'pdf', '--outdir', folder, join(folder, 'far.odp')]
    await promisify(execFile)('soffice', args, { timeout: 120_000 })
    expect(asked).toContain('/odp.png')
  }, 300_000)
})
