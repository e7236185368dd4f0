import { SandboxError } from '@rushes/sandbox'
import { describe, expect, it } from 'vitest'
import { encoderChecks } from './encoder-checks.ts'

const byName = async (look?: Parameters<typeof encoderChecks>[0]) =>
  new Map((await encoderChecks(look)).map((check) => [check.name, check]))

describe('rushes doctor', () => {
  it("says what this machine's ffmpeg makes and opens", async () => {
    const checks = await byName()
    expect(checks.get('ffmpeg')).toMatchObject({ ok: true, detail: expect.stringMatching(/^\S+, \//) })
    expect(checks.get('encoders')!.detail).toContain('H.264 (libx264)')
    expect(checks.get('encoders')!.detail).toContain('AAC (aac)')
    const [opened] = checks.get('inputs')!.detail.split(';')
    for (const kind of ['v4l2', 'rtsp', 'rtmp', 'udp', 'hls', 'file', 'test']) {
      expect(opened!.split(', ')).toContain(kind)
    }
  })

  it('names what is missing, and that an ffmpeg is too old, and what to do', async () => {
    const checks = await byName(async () => ({
      ...{ path: '/usr/bin/ffmpeg', version: '4.4.2-0ubuntu0.22.04.1' },
      encoders: new Map([
        ['h264', 'libx264'],
        ['av1', null],
      ]),
      inputs: new Map([
        ['rtsp', true],
        ['decklink', false],
      ]),
    }))
    expect(checks.get('ffmpeg')).toMatchObject({ ok: 'warning', advice: expect.stringContaining('5.1') })
    expect(checks.get('encoders')).toMatchObject({ ok: 'warning', advice: expect.stringContaining('no AV1') })
    expect(checks.get('inputs')).toMatchObject({ ok: true, detail: 'rtsp; not built in: decklink' })
  })

  it('warns when there is none', async () => {
    const checks = await byName(async () => {
      throw new SandboxError('program-missing', 'ffmpeg is not installed')
    })
    expect(checks.get('ffmpeg')).toMatchObject({ ok: 'warning', detail: 'ffmpeg is not installed' })
  })
})
