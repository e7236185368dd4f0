import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { View } from '../src/view.ts'
import { laidOut, traceBody } from './index-trace.ts'
import { allMedia, type Medium } from './webm-media.ts'

const media = await allMedia()
const folder = mkdtempSync(join(tmpdir(), 'rushes-webm-views-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Times as the file has them: by itself ffmpeg lets the first sound begin at 0, and an Opus CodecDelay shifts the pictures. */
function ffmpeg(path: string, ...args: string[]): Buffer {
  const command = ['-v', 'error', '-nostdin', '-xerror', '-copyts', '-i', path, ...args, '-']
  return execFileSync('ffmpeg', command, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Time (ms) and hash of every picture. */
function pictures(path: string): { ms: number; hash: string }[] {
  const lines = ffmpeg(path, '-map', '0:v', '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'framemd5')
    .toString()
    .split('\n')
  const base = lines.find((line) => line.startsWith('#tb 0:'))!.match(/(\d+)\/(\d+)/)!
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, , pts, , , hash] = line.split(',').map((field) => field.trim())
      return { ms: (Number(pts) * Number(base[1]) * 1000) / Number(base[2]), hash: hash! }
    })
}

function sound(path: string, stream: number): Buffer {
  return ffmpeg(path, '-map', `0:a:${stream}`, '-f', 's16le')
}

function fileOf(view: View, body: Uint8Array, name: string): string | null {
  if (view.state !== 'ready') return null
  const path = join(folder, name)
  writeFileSync(path, laidOut(view.layout, body))
  return path
}

function complaints(path: string): string {
  const args = ['-v', 'warning', '-show_entries', 'format=duration', '-of', 'csv=p=0', path]
  return execFileSync('sh', ['-c', 'exec ffprobe "$@" 2>&1 >/dev/null', 'sh', ...args]).toString()
}

describe('views show and sound as the body does', () => {
  const ready = media.map((medium) => ({ ...medium, index: traceBody(medium.bytes).index }))

  const webm = ready.filter(({ index }) => index.webmView().state === 'ready')
  it.each(webm)('$name as WebM', ({ path, bytes, index }) => {
    const view = index.webmView()
    const file = fileOf(view, bytes, 'view.webm')!
    const hasVideo = index.tracks.some(({ kind }) => kind === 'video')
    if (hasVideo) expect(pictures(file)).toEqual(pictures(path))
    index.tracks
      .filter(({ kind }) => kind === 'audio')
      .forEach((_, stream) => {
        expect(Buffer.compare(sound(file, stream), sound(path, stream))).toBe(0)
      })
    expect(complaints(file)).toBe('')
  })

  const mp4 = ready.filter(({ index }) => index.mp4View().state === 'ready')
  it.each(mp4)('$name as MP4', ({ path, bytes, index }) => {
    const file = fileOf(index.mp4View(), bytes, 'view.mp4')!
    if (index.tracks.some(({ kind }) => kind === 'video')) {
      const shown = pictures(file)
      const original = pictures(path)
      expect(shown.map(({ hash }) => hash)).toEqual(original.map(({ hash }) => hash))
      shown.forEach(({ ms }, n) => {
        expect(Math.abs(ms - original[n]!.ms), `picture ${n}`).toBeLessThanOrEqual(0.5)
      })
    }
    index.tracks
      .filter(({ kind }) => kind === 'audio')
      .forEach((track, stream) => {
        const channels = track.audio!.channels
        // Without CodecDelay Chromium plays from the first sample, and so does the MP4; ffmpeg takes OpusHead's pre-skip.
        const head =
          track.codec === 'opus' && track.codecDelay === 0 ? Buffer.from(track.codecPrivate!).readUInt16LE(10) : 0
        const heard = sound(file, stream).subarray(head * channels * 2)
        const original = sound(path, stream)
        // ffmpeg leaves out an MP4's priming, and a Matroska file's for Opus alone.
        const priming = track.codec === 'opus' ? 0 : track.codecDelay * channels * 2
        // It cuts by DiscardPadding, and not by a last sample's duration: under a packet of 20 ms stays.
        const length = Math.min(heard.length, original.length - priming)
        expect(Math.abs(heard.length - (original.length - priming))).toBeLessThan(48 * 20 * channels * 2 * 1.2)
        expect(Buffer.compare(heard.subarray(0, length), original.subarray(priming, priming + length))).toBe(0)
      })
  })

  it('says why, where there is no view', () => {
    const reasons = (name: string): unknown[] => {
      const found = ready.find((medium: Medium) => medium.name === name)!
      const { mp4, webm } = found.index.viewStates()
      return [mp4.state, webm.state]
    }
    expect(reasons('vp8 + vorbis')).toEqual(['needs-encode', 'ready'])
    expect(reasons('avc with B frames + aac')).toEqual(['ready', 'needs-encode'])
    expect(reasons('Chromium video/webm;codecs=h264,opus')).toEqual(['ready', 'needs-encode'])
  })
})
