import { runProgram } from '@rushes/sandbox'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConversionError } from '../conversion-error.ts'
import { type Cue, type CueSpan, cleanText, cueText, makeCue } from './cue.ts'
import { writePlainText } from './plain-text.ts'
import { parseSrt, writeSrt } from './srt.ts'
import { parseTtml, writeTtml } from './ttml.ts'
import { parseVtt, writeVtt } from './vtt.ts'

const word = fc.constantFrom(
  'Hello',
  'a & b',
  'x < y',
  'ünï ©ode 漢字',
  '<img onerror=alert(1)>',
  '42',
  ']]>',
  '&amp;',
  '"q"',
  'WEBVTT',
)
const mark = fc.constantFrom(undefined, true as const)
const span = (voices: fc.Arbitrary<string | undefined>): fc.Arbitrary<CueSpan> =>
  fc
    .record({
      text: fc
        .array(fc.oneof(word, fc.constantFrom('\n', ' ')), { minLength: 1, maxLength: 5 })
        .map((parts) => parts.join('')),
      ...{ bold: mark, italic: mark, underline: mark, voice: voices },
    })
    .map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as CueSpan)

const cues = (voices: fc.Arbitrary<string | undefined>): fc.Arbitrary<Cue[]> =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: 0, max: 360_000_000 }),
        fc.nat(9999),
        fc.array(span(voices), { minLength: 1, maxLength: 4 }),
      ),
    )
    .map((all) =>
      all
        .map(([startMs, length, spans]) => makeCue(startMs, startMs + length, spans))
        .filter((cue) => cue !== null)
        .sort((a, b) => a.startMs - b.startMs),
    )

describe('captions', () => {
  it('have the same cues after WebVTT → SubRip → TTML → WebVTT', () => {
    fc.assert(
      fc.property(cues(fc.constant(undefined)), (original) => {
        const throughVtt = parseVtt(writeVtt(original))
        const throughSrt = parseSrt(writeSrt(throughVtt))
        const throughTtml = parseTtml(writeTtml(throughSrt))
        const end = parseVtt(writeVtt(throughTtml))
        expect(end).toEqual(original)
      }),
      { numRuns: 500 },
    )
  })

  it('keep who speaks in WebVTT and TTML, and say it in SubRip', () => {
    const voices = fc.constantFrom(undefined, 'Ana', 'Dr. <B> & "C"')
    fc.assert(
      fc.property(cues(voices), (original) => {
        expect(parseTtml(writeTtml(parseVtt(writeVtt(original))))).toEqual(original)
        for (const cue of original) {
          for (const { voice } of cue.spans) if (voice !== undefined) expect(writeSrt([cue])).toContain(`${voice}: `)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('are what ffmpeg reads in them too', async () => {
    const original = Array.from({ length: 20 }, (_, index) => {
      return makeCue(index * 1234, index * 1234 + 1000, [
        { text: `cue ${index}\n` },
        { text: 'second line', italic: true },
      ])!
    })
    const ffmpeg = async (text: string, from: string, to: string): Promise<string> => {
      const args = ['-v', 'error', '-f', from, '-i', 'pipe:0', '-f', to, 'pipe:1']
      const { stdout } = await runProgram({ program: 'ffmpeg', args, stdin: Buffer.from(text), timeLimitMs: 20_000 })
      return cleanText(new TextDecoder().decode(stdout))
    }
    expect(parseSrt(await ffmpeg(writeVtt(original), 'webvtt', 'srt'))).toEqual(original)
    expect(parseVtt(await ffmpeg(writeSrt(original), 'srt', 'webvtt'))).toEqual(original)
    expect(parseTtml(await ffmpeg(writeSrt(original), 'srt', 'ttml')).map(cueText)).toEqual(original.map(cueText))
  })

  it('of any bytes are read or refused, never more', () => {
    const pieces = fc.constantFrom(
      'WEBVTT\n\n',
      '00:00:01.000 --> 00:00:02.000\n',
      '1\n',
      '00:00:01,0 --> 00:00:02,0\n',
      '<',
      '>',
      '</v>',
      '<v a',
      '&',
      '{\\an8}',
      '\n',
      'x',
      '<tt xmlns="http://www.w3.org/ns/ttml">',
      '<body>',
      '<p begin="1s" end="2s">',
      '</p>',
      '</body></tt>',
      '<br/>',
      '<!--',
      ']]>',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
        for (const parse of [parseVtt, parseSrt, parseTtml]) {
          try {
            for (const { startMs, endMs, spans } of parse(cleanText(parts.join('')))) {
              expect(endMs).toBeGreaterThanOrEqual(startMs)
              for (const { text } of spans) expect(text).not.toBe('')
            }
          } catch (error) {
            expect((error as ConversionError).name).toBe('ConversionError')
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('WebVTT', () => {
  it('loses its styles, regions, notes, settings and unknown tags, and no word', () => {
    const text = `WEBVTT - a title

STYLE
::cue { background: url(http://127.0.0.1/) }

NOTE a comment

id of it
00:01.500 --> 00:02.000 align:start position:10%
<c.loud>He<00:01.600>llo</c> <b>&lt;world&gt;</b> <img src=x onerror=alert(1)>end

00:03.000 --> 00:02.000
before its beginning`
    expect(parseVtt(text)).toEqual([
      {
        ...{ startMs: 1500, endMs: 2000 },
        spans: [{ text: 'Hello ' }, { text: '<world>', bold: true }, { text: ' end' }],
      },
    ])
  })
})

describe('SubRip', () => {
  it('is read as programs write it: without empty lines, with colours and places', () => {
    const text =
      '1\n00:00:01,5 --> 00:00:02,000\n{\\an8}<font color="red">one</font>\n2\n0:00:03.000 --> 0:00:04.000\n<B>two</B>'
    expect(parseSrt(text)).toEqual([
      { startMs: 1500, endMs: 2000, spans: [{ text: 'one' }] },
      { startMs: 3000, endMs: 4000, spans: [{ text: 'two', bold: true }] },
    ])
  })

  it('gets no cue out of what is said', () => {
    const cue = makeCue(0, 1000, [{ text: 'so\n2\n00:00:05,000 --> 00:00:06,000\nsaid' }])!
    const read = parseSrt(writeSrt([cue]))
    expect(read).toHaveLength(1)
    expect(read[0]).toMatchObject({ startMs: 0, endMs: 1000 })
  })
})

describe('TTML', () => {
  const around = (body: string, head = '', attributes = ''): string =>
    `<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"
      xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ${attributes}><head>${head}</head><body>${body}</body></tt>`

  it.each([
    ['00:00:01.5', '', 1500],
    ['0:00:01.50', '', 1500],
    ['00:01:00', '', 60_000],
    ['00:00:01:15', 'ttp:frameRate="30"', 1500],
    ['00:00:01:12', 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', 1501],
    ['1.5h', '', 5_400_000],
    ['90m', '', 5_400_000],
    ['1500ms', '', 1500],
    ['48f', 'ttp:frameRate="24"', 2000],
    ['25000000t', 'ttp:tickRate="10000000"', 2500],
  ])('§12.3.1: %s is a time', (begin, attributes, startMs) => {
    const [cue] = parseTtml(around(`<div><p begin="${begin}" dur="1s">x</p></div>`, '', attributes))
    expect(cue).toMatchObject({ startMs, endMs: startMs + 1000 })
  })

  it('counts times from what is around, which nothing outlasts, and takes looks from styles', () => {
    const styling =
      '<styling><style xml:id="a" tts:fontWeight="bold"/><style xml:id="b" style="a" tts:fontStyle="italic"/></styling>'
    const body = `<div begin="10s" end="20s"><p begin="1s" end="99s">
        plain <span style="b">both</span><br/>
        <span begin="2s" end="3s" tts:textDecoration="underline">timed</span>
      </p></div>`
    expect(parseTtml(around(body, styling))).toEqual([
      { startMs: 11_000, endMs: 20_000, spans: [{ text: 'plain ' }, { text: 'both', bold: true, italic: true }] },
      { startMs: 13_000, endMs: 14_000, spans: [{ text: 'timed', underline: true }] },
    ])
  })

  it.each([
    ['a document type', '<!DOCTYPE tt [<!ENTITY a "aaaa">]><tt xmlns="http://www.w3.org/ns/ttml"/>'],
    ['an outer document type', '<!DOCTYPE tt SYSTEM "http://127.0.0.1/x.dtd"><tt xmlns="http://www.w3.org/ns/ttml"/>'],
    ['an entity', around('<div><p begin="1s" end="2s">&file;</p></div>')],
    ['XML that ends too early', '<tt xmlns="http://www.w3.org/ns/ttml"><body>'],
    ['other XML', '<html xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['wrong times', around('<div><p begin="soon" end="2s">x</p></div>')],
    ['depth', around(`${'<div>'.repeat(1000)}${'</div>'.repeat(1000)}`)],
    [
      'styles that refer to each other',
      around(
        '<div><p begin="1s" end="2s" style="a">x</p></div>',
        '<styling><style xml:id="a" style="a a a a b"/><style xml:id="b" style="a b"/></styling>',
      ),
    ],
  ])('%s is refused or harmless', (name, text) => {
    if (name.startsWith('styles')) expect(parseTtml(text)).toHaveLength(1)
    else expect(() => parseTtml(text)).toThrow(expect.objectContaining({ name: 'ConversionError' }))
  })
})

it('a transcript as text has a paragraph for each turn, and each line once', () => {
  const cue = (startMs: number, text: string, voice?: string): Cue =>
    makeCue(startMs, startMs + 1000, [{ text, ...(voice !== undefined && { voice }) }])!
  const spoken = [
    cue(0, 'Hello\nall', 'Ana'),
    cue(1000, 'of you.', 'Ana'),
    cue(1500, 'of you.', 'Ana'),
    cue(2000, 'Hi.', 'Bo'),
  ]
  expect(writePlainText([...spoken, cue(9000, 'Later.', 'Bo')])).toBe(
    'Ana: Hello all of you.\n\nBo: Hi.\n\nBo: Later.\n',
  )
})
