import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { enclose, runProgram } from '@rushes/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { inputArguments } from '../src/ffmpeg/input-arguments.ts'
import { type ConversionLimits, defaultLimits, moduleProcessor } from '../src/index.ts'
import { encodeBilevelPng } from '../src/waveform/png.ts'
import { convert, ffmpeg, type TestOptions } from './conversion.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-hostile-'))
chmodSync(folder, 0o755)
let reached = 0
const server = createServer((socket) => {
  reached++
  socket.destroy()
})
let port = 0
let wav = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as { port: number }).port
  wav = await madeByFfmpeg('wav', ['-f', 'lavfi', '-i', 'sine=d=5:r=48000'])
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

let written = 0
const write = (bytes: Uint8Array | string): string => {
  const path = join(folder, `file-${written++}`)
  writeFileSync(path, bytes)
  return path
}

describe('what only looks like media', () => {
  const disguises = (): Record<string, string> => ({
    "a playlist of another's file": `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${wav}\n#EXT-X-ENDLIST\n`,
    'a playlist of this machine': `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`,
    'a list for the concat demuxer': `ffconcat version 1.0\nfile '${wav}'\n`,
    'a DASH manifest': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1:${port}/</BaseURL></MPD>`,
    'a session description': `v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio ${port} RTP/AVP 0\n`,
    'a text screen (XBIN)': `XBIN\x1a\x50\x00\x19\x00\x10\x00${'A '.repeat(2000)}`,
    'a text screen (TTY)': `\x1b[2J\x1b[31m${'text '.repeat(1000)}`,
    'an SVG that names files': '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    nothing: '',
  })

  it.each(Object.keys(disguises()))(
    '%s is refused, whatever it is called, and nothing is connected to',
    async (name) => {
      const path = write(disguises()[name]!)
      for (const [contentType, to] of [
        ['video/mp4', 'audio/wav'],
        ['video/mp4', 'image/png'],
        ['audio/mpeg', 'audio/wav'],
        ['audio/wav', 'application/json;profile=waveform'],
        ['image/png', 'image/jpeg'],
      ] as const) {
        await expect(convert(to, [[contentType, path]])).rejects.toMatchObject({ code: 'input-refused' })
      }
      expect(reached).toBe(0)
    },
  )

  it('a playlist that gets as far as ffmpeg opens no file of others and connects to nothing', async () => {
    const path = write(disguises()['a playlist of this machine']!)
    const other = write(disguises()["a playlist of another's file"]!)
    const open = (file: string): string[] => [
      '-v',
      'error',
      '-protocol_whitelist',
      'file,http,tcp',
      '-f',
      'hls',
      '-i',
      `file:${file}`,
    ]
    const out = ['-f', 'null', '-']
    // As a control: by itself, ffmpeg does.
    await ffmpeg(...open(path).slice(2), ...out).catch(() => {})
    expect(reached).toBe(1)
    reached = 0
    for (const file of [path, other]) {
      const enclosure = enclose({ inputs: [file], outputs: [] })
      const given = { program: 'ffmpeg', enclosure, timeLimitMs: 20_000 }
      const inside = enclosure.inputs[0]!
      await expect(runProgram({ ...given, args: [...open(inside), ...out] })).rejects.toMatchObject({ code: 'failed' })
      // And with the lists of what may be opened it isn't even read as a playlist.
      const listed = ['-v', 'error', ...inputArguments('sound-or-video', 'mov', defaultLimits), '-i', `file:${inside}`]
      await expect(runProgram({ ...given, args: [...listed, ...out] })).rejects.toMatchObject({
        detail: expect.stringContaining('Invalid data'),
      })
    }
    expect(reached).toBe(0)
  })

  it('a picture is no video and a video no picture', async () => {
    const png = write(
      encodeBilevelPng(
        8,
        [new Uint8Array(1)],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      ),
    )
    await expect(convert('audio/flac', [['audio/wav', png]])).rejects.toMatchObject({ code: 'input-refused' })
    await expect(convert('image/png', [['image/gif', wav]])).rejects.toMatchObject({ code: 'input-refused' })
  })

  it('codecs that nobody records in are not decoded', async () => {
    const magic = await madeByFfmpeg('avi', ['-f', 'lavfi', '-i', 'testsrc=s=64x64:d=0.2', '-c:v', 'magicyuv'])
    await expect(convert('image/png', [['video/x-msvideo', magic]])).rejects.toThrow(
      /can't be read|no picture|could not convert/,
    )
  })
})

describe('too much', () => {
  const refused = (to: string, contentType: string, path: string, options: TestOptions = {}) =>
    expect(convert(to, [[contentType, path]], options)).rejects

  it('of pixels is refused before they are unpacked', async () => {
    const png = Buffer.from(
      encodeBilevelPng(
        8,
        [new Uint8Array(1)],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      ),
    )
    png.writeUInt32BE(60_000, 16)
    png.writeUInt32BE(60_000, 20)
    const { crc32 } = await import('node:zlib')
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29)
    await refused('image/jpeg', 'image/png', write(png)).toMatchObject({
      code: expect.stringMatching(/^input-(?:too-large|refused)$/),
    })
    await refused('video/mp4', 'image/png', write(png)).toMatchObject({ code: 'not-possible' })
    const slides = convert('video/mp4', [
      ['image/png', write(png), 0],
      ['audio/wav', wav],
    ])
    await expect(slides).rejects.toMatchObject({ code: 'input-too-large', message: 'a slide has 60000 × 60000 pixels' })
    const video = await madeByFfmpeg('mkv', ['-f', 'lavfi', '-i', 'color=s=640x480:d=0.2', '-c:v', 'mjpeg'])
    await refused('image/png', 'video/x-matroska', video, { limits: { pixels: 300_000 } }).toMatchObject({
      code: expect.stringMatching(/^input-(?:too-large|refused)$/),
    })
    await convert('image/png', [['video/x-matroska', video]], { limits: { pixels: 310_000 } })
  })

  it('of streams is refused: a thousand', async () => {
    const maps = Array.from({ length: 1000 }, () => ['-map', '0:a']).flat()
    const many = await madeByFfmpeg('mka', [
      '-f',
      'lavfi',
      '-i',
      'anullsrc=d=0.02:r=8000:cl=mono',
      ...maps,
      '-c:a',
      'pcm_s16le',
    ])
    await refused('audio/wav', 'audio/x-matroska', many).toMatchObject({
      code: expect.stringMatching(/^input-(?:too-large|refused)$/),
    })
  })

  it('of time is refused where a file says it, and where it only shows', async () => {
    const seconds = { durationMs: 2000 }
    await refused('audio/flac', 'audio/wav', wav, { limits: seconds }).toMatchObject({ code: 'input-too-large' })
    // Two sounds, far apart, in files that say they last four seconds.
    const apart = async (seconds: number): Promise<string> => {
      const shift = [
        '-af',
        `asetpts='PTS+gte(N,50)*${seconds}/TB'`,
        '-c:a',
        'pcm_s16le',
        '-f',
        'matroska',
        '-live',
        '1',
      ]
      return write(await ffmpeg('-f', 'lavfi', '-i', 'sine=d=4', ...shift, '-'))
    }
    const parameters = { bitRate: 96_000 }
    await refused('audio/wav', 'video/webm', await apart(600), {
      ...{ parameters, limits: { outputBytes: 3_000_000 } },
    }).toMatchObject({ code: 'output-too-large' })
    await refused('audio/wav', 'video/webm', await apart(36_000), {
      ...{ parameters, limits: { memoryBytes: 600_000_000 } },
    }).toMatchObject({ code: 'input-too-large', message: 'a gap in the sound is too long' })
  })

  it('of bytes is refused, in sources and in results', async () => {
    await refused('audio/flac', 'audio/wav', wav, { limits: { inputBytes: 100_000 } }).toMatchObject({
      code: 'input-too-large',
    })
    await refused(
      'audio/wav',
      'audio/flac',
      write(readFileSync(await madeByFfmpeg('flac', ['-f', 'lavfi', '-i', 'sine=d=5']))),
      {
        limits: { outputBytes: 100_000 },
      },
    ).toMatchObject({ code: 'output-too-large' })
    const long = `WEBVTT\n\n${'00:00:00.000 --> 00:00:01.000\nx\n\n'.repeat(100_001)}`
    await refused('text/plain', 'text/vtt', write(long)).toMatchObject({ code: 'input-too-large' })
  })
})

describe('a program that was taken over', () => {
  const taken = (script: string): string => {
    const path = write(`#!/bin/bash\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }

  /** With scripts in the place of ffprobe and ffmpeg, whose output is its last argument. */
  async function withPrograms(
    scripts: { ffmpeg?: string; ffprobe?: string },
    limits: Partial<ConversionLimits>,
    to = 'audio/flac',
  ): Promise<unknown> {
    const sound = { codec_type: 'audio', codec_name: 'aac', sample_rate: '44100', channels: 1 }
    const honest = `echo '${JSON.stringify({ streams: [sound], format: { duration: '1' } })}'`
    process.env['RUSHES_FFPROBE'] = taken(scripts.ffprobe ?? honest)
    process.env['RUSHES_FFMPEG'] = taken(scripts.ffmpeg ?? 'exit 1')
    try {
      return await convert(to, [['video/mp4', await video()]], { limits }).catch((error: unknown) => error)
    } finally {
      delete process.env['RUSHES_FFPROBE']
      delete process.env['RUSHES_FFMPEG']
    }
  }
  const video = (): Promise<string> => madeByFfmpeg('mp4', ['-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac'])

  it('writes a file without end: to its cap', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of the shell
    const script = 'for last; do :; done; exec cat /dev/zero > "${last#file:}"'
    expect(await withPrograms({ ffmpeg: script }, { outputBytes: 2_000_000 })).toMatchObject({
      code: 'output-too-large',
    })
  })

  it('writes to its pipe without end: to its time', async () => {
    const script = 'exec cat /dev/zero'
    const kind = 'application/json;profile=waveform'
    expect(await withPrograms({ ffmpeg: script }, { timeMs: 1500 }, kind)).toMatchObject({ code: 'timed-out' })
    expect(await withPrograms({ ffprobe: script }, {})).toMatchObject({ code: 'input-refused' })
  })

  it('hangs and ignores every signal: to its time', async () => {
    expect(
      await withPrograms({ ffmpeg: "trap '' TERM INT; while :; do sleep 100; done" }, { timeMs: 1500 }),
    ).toMatchObject({
      code: 'timed-out',
    })
  })

  it('takes all memory: to its cap', async () => {
    expect(await withPrograms({ ffmpeg: 'exec tail /dev/zero' }, { memoryBytes: 200_000_000 })).toMatchObject({
      code: 'failed',
      detail: expect.stringMatching(/memory/),
    })
  })

  it('puts a link in the place of its output, or says nonsense: nothing is kept', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of the shell
    const link = 'for last; do :; done; ln -sf /etc/passwd "${last#file:}" || true'
    expect(await withPrograms({ ffmpeg: link }, {})).toMatchObject({ code: 'failed', message: 'nothing was made' })
    expect(await withPrograms({ ffprobe: 'echo "{]"' }, {})).toMatchObject({ code: 'input-refused' })
  })
})

describe('a module', () => {
  const written = async (source: string, limits: Partial<ConversionLimits> = {}): Promise<unknown> => {
    const path = `${write(source)}.mjs`
    writeFileSync(path, source)
    const rules = [{ from: [{ contentType: 'x/a' }], to: 'x/b', processor: 'm', cost: 1 }]
    const processors = [moduleProcessor('m', pathToFileURL(path))]
    return await convert('x/b', [['x/a', write('content')]], { rules, processors, limits }).catch(
      (error: unknown) => error,
    )
  }

  it('that never ends is ended at its time, and keeps nobody waiting meanwhile', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 10)
    const loop = 'export function convertBytes() { for (;;); }'
    expect(await written(loop, { timeMs: 500 })).toMatchObject({ code: 'timed-out' })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })

  it('that takes all memory, throws or ends the process takes nothing else with it', async () => {
    const hungry = 'export function convertBytes() { const all = []; for (;;) all.push(new Array(4e6).fill(0.5)) }'
    expect(await written(hungry)).toMatchObject({ code: 'input-too-large' })
    expect(await written("export function convertBytes() { throw new Error('a mistake') }")).toMatchObject({
      code: 'failed',
    })
    expect(await written('export function convertBytes() { process.exit(0) }')).toMatchObject({ code: 'failed' })
    process.env['RUSHES_KEY'] = 'a secret of ours'
    const env = await written("export const convertBytes = () => JSON.stringify(process.env) + '.'")
    delete process.env['RUSHES_KEY']
    expect((env as { bytes: Buffer }).bytes.toString()).toBe('{}.')
  })
})
