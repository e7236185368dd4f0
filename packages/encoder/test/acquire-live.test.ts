import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { startProgram } from '@rushes/sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { AcquiredEvent, openTestFolder, packets } from './acquired-event.ts'

const folder = openTestFolder()
afterAll(() => folder.remove())

const test = 'test:?size=320x180&rate=30'

/** The ffmpeg that is a child of ours and has this among its arguments. */
function childrenWith(argument: string): number[] {
  const pids = execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  return pids
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0 && commandLine(pid).includes('ffmpeg') && commandLine(pid).includes(argument))
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** No segment before the end of the one before it, every sequence once; media time follows the wall clock. */
function checkTimeline(event: AcquiredEvent, id: string): void {
  const { timescale } = event.representation(id).representation
  const segments = event.segments(id)
  for (const [index, segment] of segments.entries()) {
    expect(segment.sequence).toBe(index)
    const before = segments[index - 1]
    if (before === undefined) continue
    expect(segment.start).toBeGreaterThanOrEqual(before.start + before.duration)
    expect(segment.wallClock).toBeGreaterThanOrEqual(before.wallClock)
    const media = ((segment.start - before.start) * 1000) / timescale
    expect(Math.abs(segment.wallClock - before.wallClock - media)).toBeLessThan(400)
  }
}

describe('a live source', () => {
  it('goes on after ffmpeg was killed: the gap is told, times and sequences go on', async () => {
    const event = new AcquiredEvent([test], { pace: 'live' })
    await event.until(() => event.segments('main-v1').length >= 2)
    const [pid] = childrenWith('testsrc2')
    process.kill(pid!, 'SIGKILL')
    await event.until(() => event.of('gap').length > 0)
    const known = event.segments('main-v1').length
    await event.until(() => event.segments('main-v1').length >= known + 2)
    await event.acquisition.stop()
    for (const id of ['main-v1', 'main-a1']) checkTimeline(event, id)
    expect(event.of('representation').length).toBe(2)
    expect(event.of('source').map(({ state }) => state)).toContain('lost')
    const [gap, ...more] = event.of('gap')
    expect(more).toEqual([])
    expect(gap!.reason).toContain('SIGKILL')
    expect(gap!.to - gap!.from).toBeGreaterThan(50)
    const found = await packets(event.bytes('main-v1'), folder.path('killed.mp4'))
    expect(found.filter(({ isKey }) => isKey).length).toBeGreaterThanOrEqual(4)
    expect(childrenWith('testsrc2')).toEqual([])
  })

  it('finishes the segment that is being made when it is stopped, and goes on from there', async () => {
    const epochMs = Date.now() - 60_000
    const event = new AcquiredEvent([test], { pace: 'live', epochMs, segmentMs: 2000 })
    await event.until(() => event.of('source').some(({ fps }) => fps !== undefined && fps > 0))
    await event.acquisition.stop()
    const [last] = event.segments('main-v1').slice(-1)
    expect(last!.duration).toBeGreaterThan(0)
    const { timescale } = event.representation('main-v1').representation
    expect(last!.start / timescale).toBeGreaterThan(59)

    const startSequence = Object.fromEntries(
      ['main-v1', 'main-a1'].map((id) => {
        const end = event.segments(id).at(-1)!
        const { init } = event.representation(id)
        return [id, { sequence: end.sequence + 1, end: end.start + end.duration, init }]
      }),
    )
    const second = new AcquiredEvent([test], { pace: 'live', epochMs, segmentMs: 1000, startSequence })
    await second.until(() => second.segments('main-v1').length >= 1)
    await second.acquisition.stop()
    expect(second.of('representation')).toEqual([])
    expect(second.of('gap')).toMatchObject([{ set: 'main', reason: 'the encoder was restarted' }])
    const [first] = second.segments('main-v1')
    expect(first!.sequence).toBe(last!.sequence + 1)
    expect(first!.start).toBeGreaterThanOrEqual(last!.start + last!.duration)
    expect(first!.start / timescale - (first!.wallClock - epochMs) / 1000).toBeCloseTo(0, 0)
  })

  it('begins another representation when the decoder has to be set up anew', async () => {
    const first = new AcquiredEvent([test], { durationMs: 1000, audioCodec: 'none' })
    await first.acquisition.done
    const end = first.segments('main-v1').at(-1)!
    const { init } = first.representation('main-v1')
    const startSequence = { 'main-v1': { sequence: end.sequence + 1, end: end.start + end.duration, init } }
    const renditions = [{ width: 160, height: 90, bitrate: 100_000 }]
    const options = { durationMs: 1000, audioCodec: 'none', startSequence, renditions } as const
    const second = new AcquiredEvent([test], options)
    await second.acquisition.done
    expect(second.representation('main-v1-2').representation.width).toBe(160)
    expect(second.segments('main-v1-2')[0]!.sequence).toBe(0)
    expect(second.segments('main-v1-2')[0]!.start).toBeGreaterThanOrEqual(end.start + end.duration)
  })

  it('says that the consumer is behind, and tells the hole', async () => {
    const kept: (() => void)[] = []
    const events: string[] = []
    const event = new AcquiredEvent([test], {
      durationMs: 4000,
      audioCodec: 'none',
      mostBytesInFlight: 60_000,
      onEvent: ({ type }) => {
        events.push(type)
        return new Promise<void>((resolve) => kept.push(resolve))
      },
    })
    await event.acquisition.done
    for (const resolve of kept) resolve()
    expect(events.filter((type) => type === 'critical').length).toBe(1)
    expect(events).toContain('gap')
  })
})

describe.each([
  [
    'tcp',
    (port: number) => `tcp://127.0.0.1:${port}?mode=listener`,
    (port: number): [string, string] => ['mpegts', `tcp://127.0.0.1:${port}`],
  ],
  [
    'rtmp',
    (port: number) => `rtmp://127.0.0.1:${port}/live/key?listen=1`,
    (port: number): [string, string] => ['flv', `rtmp://127.0.0.1:${port}/live/key`],
  ],
  [
    'srt',
    (port: number) => `srt://127.0.0.1:${port}?mode=listener`,
    (port: number): [string, string] => ['mpegts', `srt://127.0.0.1:${port}?mode=caller`],
  ],
] as const)('a camera that calls by %s', (_name, listener, caller) => {
  it('may go away and come back', async () => {
    const port = await freePort()
    const event = new AcquiredEvent([`camera=${listener(port)}`], { pace: 'live' })
    const call = async (): Promise<() => Promise<unknown>> => {
      const [format, address] = caller(port)
      const made = ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-re', '-f', 'lavfi', '-i', 'sine']
      const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '15', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
      const args = ['-v', 'error', '-nostdin', ...made, ...codecs, '-f', format, address]
      let camera = await startProgram({ program: 'ffmpeg', args })
      let isAway = false
      // A camera calls until somebody listens.
      const again = async (): Promise<void> => {
        camera.stdout.resume()
        await camera.ended
        if (isAway || event.segments('camera-v1').length > 0) return
        await new Promise((resolve) => setTimeout(resolve, 200))
        camera = await startProgram({ program: 'ffmpeg', args })
        await again()
      }
      void again()
      return () => {
        isAway = true
        return camera.stop()
      }
    }
    const leave = await call()
    await event.until(() => event.segments('camera-v1').length >= 2)
    await leave()
    await event.until(() => event.of('source').some(({ state }) => state === 'lost'))
    const known = event.segments('camera-v1').length
    const states = (): string[] => event.of('source').map(({ state }) => state)
    await event.until(() => states().lastIndexOf('connecting') > states().lastIndexOf('lost'))
    await new Promise((resolve) => setTimeout(resolve, 500))
    const leaveAgain = await call()
    await event.until(() => event.segments('camera-v1').length >= known + 2)
    const last = event.segments('camera-v1').at(-1)!
    const { timescale } = event.representation('camera-v1').representation
    const late = Date.now() - last.wallClock - (last.duration * 1000) / timescale
    await event.acquisition.stop()
    await leaveAgain()
    // Nothing was made after it came, though ffmpeg has the first seconds at once; nor long before.
    expect(late).toBeGreaterThan(-300)
    expect(late).toBeLessThan(6000)
    for (const id of ['camera-v1', 'camera-a1']) checkTimeline(event, id)
    expect(event.of('gap').length).toBe(1)
    expect(event.of('gap')[0]!.to - event.of('gap')[0]!.from).toBeGreaterThan(250)
  })
})
