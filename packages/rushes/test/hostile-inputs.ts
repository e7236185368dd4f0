// What is handed to `rushes convert` by somebody who means it ill.
import { execFile } from 'node:child_process'
import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRawSync, constants as zlib } from 'node:zlib'
import { misleading } from '../../converter/test/extractor/misleading.ts'
import { smallPdf } from '../../converter/test/small-meeting.ts'
import { smallZip } from '../../converter/test/small-zip.ts'

export type Surroundings = {
  /** Where the input is put: `input` in it, of any kind. */
  folder: string
  /** A file that nobody has given. */
  secret: string
  /** Of this machine: whoever connects to it is counted. */
  url: string
}

export type HostileInput = {
  what: string
  make(surroundings: Surroundings): Promise<string>
  /** What else the command is told. */
  args?: readonly string[]
  /** Of notes that say what was refused, and about which file if about one. */
  notes: readonly (readonly [code: string, message: RegExp])[]
  /** What is there in any case. */
  kept?: readonly string[]
  /** What is not there at all. */
  left?: readonly string[]
}

const mebibyte = 2 ** 20
const text = (content: string): Buffer => Buffer.from(content)

/** Of a meeting, up to what it says. */
const event = (what: string, ms = 1): string =>
  `<event timestamp="${ms}" module="CHAT" eventname="PublicChatEvent"><message>${what}</message>`

const file = async ({ folder }: Surroundings, bytes: Uint8Array | string, name = 'input'): Promise<string> => {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  return path
}

const tree = async (surroundings: Surroundings, files: Record<string, Uint8Array | string>): Promise<string> => {
  for (const [name, bytes] of Object.entries(files)) await file(surroundings, bytes, join('input', name))
  return join(surroundings.folder, 'input')
}

export const hostileInputs: readonly HostileInput[] = [
  {
    what: 'a zip of 4,000 MiB of zeros',
    make: (to) => file(to, zeros(4000)),
    notes: [['too-large', /zeros becomes over 250 times as large/]],
    kept: ['input'],
  },
  {
    what: 'a zip of entries that lie in one place',
    async make(to) {
      const content = Buffer.alloc(mebibyte)
      const same = Array.from({ length: 500 }, (_, index) => ({ name: `${index}`, content, isDeflated: true, at: 0 }))
      return await file(to, smallZip([{ name: 'first', content, isDeflated: true }, ...same]))
    },
    notes: [['too-large', /entries that lie in one place: a zip bomb/]],
    kept: ['input'],
  },
  {
    what: 'a zip 42 zips deep',
    async make(to) {
      let content = text('deep down\n')
      for (let depth = 0; depth < 42; depth++) content = smallZip([{ name: `${depth}`, content }])
      return await file(to, content)
    },
    notes: [['too-large', /lies in 4 archives: it is kept as it is/]],
    kept: ['41/40/39/38'],
  },
  {
    what: 'zips that come to over 200,000 files',
    async make(to) {
      const entries = Array.from({ length: 20_000 }, (_, index) => ({ name: `${index}`, content: Buffer.alloc(0) }))
      const wide = { content: smallZip(entries), isDeflated: true }
      return await file(to, smallZip(Array.from({ length: 12 }, (_, index) => ({ ...wide, name: `${index}.zip` }))))
    },
    notes: [['too-large', /11\.zip has 20000 entries: too many files in all/]],
    kept: ['0.zip', '11.zip'],
  },
  {
    what: 'a zip whose names lead out, with links, and sizes that lie',
    async make(to) {
      const content = text('got out\n')
      const link = { content: text(to.secret), mode: 0o120777 }
      const names = ['../../out', '/tmp/out', 'C:\\out', 'a/../../../out', '..\\..\\out', 'b/./../c/../../out', '..']
      return await file(
        to,
        smallZip([
          ...names.map((name) => ({ name, content })),
          { name: 'link', ...link },
          { name: 'link/below', content },
          { name: 'short', content: Buffer.alloc(5000), isDeflated: true, size: 10 },
          { name: 'twice', content },
          { name: 'twice', content },
          { name: `${'x/'.repeat(5000)}x`, content },
          { name: 'long'.repeat(2000), content },
          { name: 'good.txt', content },
        ]),
      )
    },
    notes: [
      ['left-out', /"\.\.\/\.\.\/out" leads out of the archive/],
      ['left-out', /"\/tmp\/out" is an absolute path/],
      ['left-out', /"C:\/out" is an absolute path/],
      ['left-out', /^link is a link/],
      ['left-out', /^short is damaged/],
      ['left-out', /^twice is there twice/],
    ],
    kept: ['good.txt', 'twice', 'link/below'],
    left: ['out', 'short', 'link'],
  },
  {
    what: 'a folder of links, in circles, and of a pipe',
    async make(to) {
      const place = await tree(to, { 'good.txt': 'good\n' })
      await symlink(to.secret, join(place, 'secret.txt'))
      await symlink(dirname(to.secret), join(place, 'elsewhere'))
      await symlink(place, join(place, 'circle'))
      await symlink('nowhere', join(place, 'nowhere'))
      await promisify(execFile)('mkfifo', [join(place, 'pipe')])
      return place
    },
    notes: [
      ['left-out', /^secret\.txt is a link/],
      ['left-out', /^elsewhere is a link/],
      ['left-out', /^circle is a link/],
      ['left-out', /^pipe is no plain file/],
    ],
    kept: ['good.txt'],
    left: ['secret.txt', 'elsewhere', 'circle', 'nowhere', 'pipe'],
  },
  {
    what: 'a meeting whose document type multiplies, and names files',
    async make(to) {
      const levels = Array.from({ length: 30 }, (_, level) => {
        return `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`
      })
      const type = `<!DOCTYPE recording [<!ENTITY e0 SYSTEM "file://${to.secret}">${levels.join('')}]>`
      return await tree(to, {
        'events.xml': `<?xml version="1.0"?>${type}<recording meeting_id="m">${event('&e30;')}</event></recording>`,
        'deskshare/shapes.svg': `${type.replace('recording', 'svg')}<svg xmlns="http://www.w3.org/2000/svg">&e30;</svg>`,
        'captions.ttml': `${type.replace('recording', 'tt')}<tt xmlns="http://www.w3.org/ns/ttml">&e30;</tt>`,
      })
    },
    notes: [['unreadable', /bigbluebutton.*document type is not read/]],
    kept: ['events.xml', 'deskshare/shapes.svg', 'captions.ttml'],
  },
  {
    what: 'XML 100,000 deep',
    make: (to) => tree(to, { 'events.xml': `<recording>${event('')}${'<a>'.repeat(100_000)}` }),
    notes: [['too-large', /XML is over 64 deep/]],
    kept: ['events.xml'],
  },
  {
    what: 'a GiB of XML that is one element',
    async make(to) {
      const events = Array.from({ length: 1000 }, (_, index) => `${event('hello', index * 50)}</event>`)
      const place = await tree(to, { 'events.xml': `<recording>${events.join('')}` })
      const handle = await open(join(place, 'events.xml'), 'r+')
      // What is not written takes no place on the disk, and is zeros.
      await handle.truncate(1024 * mebibyte).finally(() => handle.close())
      return place
    },
    args: ['--except', 'data'],
    notes: [['damaged', /can be read up to 49950 ms .*not well-formed/]],
    kept: ['timeline.json'],
  },
  {
    what: 'files that were made to mislead',
    make: (to) => tree(to, Object.fromEntries(misleading.map(([what, bytes], index) => [`${index} ${what}`, bytes()]))),
    notes: [],
    kept: misleading.map(([what], index) => `${index} ${what}`),
  },
  {
    what: 'a blob of lengths that lie',
    make: (to) => file(to, lies()),
    notes: [['cut', /./]],
    kept: ['input'],
  },
  {
    what: 'documents that ask for what is elsewhere',
    make: async (to) => await tree(to, remote(to)),
    notes: [],
    kept: ['deck.pptx', 'page.html', 'picture.svg', 'deck.pdf', 'movie.mov'],
  },
  {
    what: 'a mediapackage whose tracks are elsewhere',
    make: async (to) =>
      await tree(to, {
        'manifest.xml': `<mediapackage xmlns="http://mediapackage.opencastproject.org" id="a" duration="1000"><media><track type="presenter/source" id="t"><mimetype>video/mp4</mimetype><url>${to.url}a.mp4</url></track></media><metadata><catalog type="dublincore/episode" id="c"><mimetype>text/xml</mimetype><url>${to.url}dc.xml</url></catalog></metadata></mediapackage>`,
      }),
    notes: [],
    kept: ['manifest.xml'],
  },
]

/** A zip with so many MiB of zeros: one MiB of deflate, over and over (RFC 1951 §3.2.4: an empty block in between). */
function zeros(mebibytes: number): Buffer {
  const piece = deflateRawSync(Buffer.alloc(mebibyte), { level: 9, finishFlush: zlib.Z_FULL_FLUSH })
  const end = deflateRawSync(Buffer.alloc(0))
  const content = Buffer.concat([...Array.from({ length: mebibytes }, () => piece), end])
  const zip = smallZip([{ name: 'zeros', content, size: mebibytes * mebibyte }])
  // Compressed, as both of its headers say.
  zip.writeUInt16LE(8, 8)
  zip.writeUInt16LE(8, zip.lastIndexOf('PK\u0001\u0002', undefined, 'latin1') + 10)
  return zip
}

/** Heads that claim more than anybody has, between bytes that are nothing. */
function lies(): Buffer {
  const noise = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919 + (index >> 3) * 104_729) & 0xff))
  const heads = [
    '\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff',
    '\0\0\0\x18ftypisom\0\0\0\0isommp42\xff\xff\xff\xffmdat',
    'RIFF\xf0\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\xf0\xff\xff\xff',
    '\x89PNG\r\n\x1a\n\x7f\xff\xff\xffIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0',
    '\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xfe',
    'FLV\x01\x05\0\0\0\x09\0\0\0\0\x09\xff\xff\xff\0\0\0\0\0\0\0',
    'fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x42\xf0\xff\xff\xff\xff',
    'ID3\x04\0\0\x7f\x7f\x7f\x7f',
    'OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\xff',
    'PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\0\0a',
    'PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'.padEnd(512, '\xff'),
    '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c\xff\xff\xff\xff\xff\xff\xff\x7f',
    '%PDF-1.4\n1 0 obj\n<</Length 99999999999>>stream\n',
  ]
  return Buffer.concat([noise, ...heads.flatMap((head) => [Buffer.from(head, 'latin1'), noise])])
}

/** Each names a place that is counted, and a file of this machine. */
function remote({ url, secret }: Surroundings): Record<string, Uint8Array | string> {
  const image = `${url}picture.png`
  const relations = (body: string) =>
    `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${body}</Relationships>`
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const external = (id: string, target: string) =>
    `<Relationship Id="${id}" Type="${office}/image" Target="${target}" TargetMode="External"/>`
  const deck = smallZip(
    Object.entries({
      '[Content_Types].xml': `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/ppt/presentation.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/><Override PartName="/ppt/slides/slide1.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.slide+xml"/></Types>`,
      '_rels/.rels': relations(`<Relationship Id="r1" Type="${office}/officeDocument" Target="ppt/presentation.xml"/>`),
      'ppt/presentation.xml': `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="${office}"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>`,
      'ppt/_rels/presentation.xml.rels': relations(
        `<Relationship Id="r1" Type="${office}/slide" Target="slides/slide1.xml"/>`,
      ),
      'ppt/slides/slide1.xml': `<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="${office}"><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/><p:pic><p:nvPicPr><p:cNvPr id="2" name="p"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:link="r2"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"/></p:spPr></p:pic></p:spTree></p:cSld></p:sld>`,
      'ppt/slides/_rels/slide1.xml.rels': relations(external('r2', image) + external('r3', `file://${secret}`)),
    }).map(([name, content]) => ({ name, content: text(content) })),
  )
  const action = `/OpenAction<</S/URI/URI(${url})>>/AA<</WC<</S/GoToR/F(${secret})>>>>`
  const pdf = smallPdf(1).toString('latin1').replace('/Type/Catalog', `/Type/Catalog${action}`)
  return {
    'deck.pptx': deck,
    // Its table of places is no longer right: programs mend that.
    'deck.pdf': Buffer.from(pdf, 'latin1'),
    'page.html': `<html><img src="${image}"><script src="${url}s.js"></script><iframe src="file://${secret}"></iframe></html>`,
    'picture.svg': `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="${image}"/><image href="file://${secret}"/></svg>`,
    'list.m3u8': `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${url}a.ts\n#EXTINF:5,\n${secret}\n#EXT-X-ENDLIST\n`,
    'captions.vtt': `WEBVTT\n\nSTYLE\n@import url("${url}s.css");\n\n00:00.000 --> 00:01.000\n<c>hello</c>\n`,
    'timeline.smil': `<smil xmlns="http://www.w3.org/ns/SMIL"><body><par><video src="${url}a.mp4"/></par></body></smil>`,
    'movie.mov': movie(url),
  }
}

/** A movie whose samples are said to lie elsewhere: a data reference of a URL (QuickTime File Format, data references). */
function movie(url: string): Buffer {
  const box = (kind: string, ...parts: (Buffer | string)[]): Buffer => {
    const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
    const head = Buffer.alloc(8)
    head.writeUInt32BE(8 + body.length)
    head.write(kind, 4, 'latin1')
    return Buffer.concat([head, body])
  }
  const reference = box('url ', Buffer.alloc(4), `${url}samples\0`)
  const dref = box('dref', Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]), reference)
  const rmra = box('rmra', box('rmda', box('rdrf', Buffer.alloc(4), 'url ', Buffer.from([0, 0, 0, 40]), `${url}m\0`)))
  const mdia = box('mdia', box('minf', box('dinf', dref)))
  return Buffer.concat([box('ftyp', 'qt  \0\0\0\0qt  '), box('moov', rmra, box('trak', mdia)), box('mdat', 'none')])
}
