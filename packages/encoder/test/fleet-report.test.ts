import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encoderReport as parseReport } from '@rushes/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { parseInput } from '../src/acquire/input.ts'
import { startEncode } from '../src/encode.ts'
import { type EventStanding, encoderReport } from '../src/fleet/encoder-report.ts'
import { openReporter } from '../src/fleet/reporter.ts'
import { openSpool } from '../src/spool/spool.ts'

let server: TestServer
let folder: string

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-fleet-report-'))
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const introduction = { name: 'Chapel', version: 'test', host: 'rack-1' }
const parts = { applied: 0, isRecording: true, spoolLimit: 1e9, diskFree: null, nextStart: null, isOff: false }

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('a reporter', () => {
  it('[FL1] [FL2] tells how a recording stands, while it is recorded and delivered', async () => {
    const id = uuidV7()
    const head = { id: uuidV7(), title: 'Sunday', server: server.url, segmentMs: 1000, epochMs: Date.now() }
    const spool = await openSpool(join(folder, 'spool'), head)
    const run = await startEncode({
      ...{ spool, key: testOwnerKey, workers: { least: 1, most: 2 }, order: 'oldest', spoolBytes: 1e9 },
      ...{ inputs: [parseInput('test:')], pace: 'live', renditions: [{ width: 320, height: 180, bitrate: 200_000 }] },
    })
    const standing = (): EventStanding => ({
      ...{ id: head.id, title: head.title, startedAt: head.epochMs, endsAt: null, error: null },
      ...{ counts: spool.counts(), progress: run.progress },
    })
    const reporter = openReporter({
      ...{ server: server.url, key: testOwnerKey, id, introduction, everySeconds: 1 },
      report: () => encoderReport({ ...parts, events: [standing()] }, Date.now()),
      onInstructions() {},
    })
    await until(() => reporter.isHeard)
    const shown = () => server.client.encoder(id)
    await until(async () => (await shown()).report?.sources[0]?.state === 'running')
    await until(async () => ((await shown()).report?.event?.segments ?? 0) > 1)
    expect(await shown()).toMatchObject({
      ...{ name: 'Chapel', online: true },
      report: { state: 'recording', event: { id: head.id, title: 'Sunday' }, lastError: null },
    })
    run.finish()
    await run.done
    await reporter.close()
    expect((await shown()).report!.queue).toEqual({ files: 0, bytes: 0, oldestSeconds: null })
    spool.close()
  })

  it('[FL2] introduces itself again when the server forgot it', async () => {
    const id = uuidV7()
    const reporter = openReporter({
      ...{ server: server.url, key: testOwnerKey, id, introduction, everySeconds: 1 },
      report: () => encoderReport({ ...parts, isRecording: false, events: [] }, Date.now()),
      onInstructions() {},
    })
    await until(() => reporter.isHeard)
    await server.client.removeEncoder(id)
    await until(async () => (await server.client.encoders()).some((encoder) => encoder.id === id && encoder.online))
    await reporter.close()
  })

  it('goes on asking when there is no server, or no right to report, and says what is wrong', async () => {
    const away = openReporter({
      ...{ server: 'http://127.0.0.1:9', key: undefined, id: uuidV7(), introduction },
      report: () => encoderReport({ ...parts, events: [] }, Date.now()),
      onInstructions() {},
    })
    const refused = openReporter({
      ...{ server: server.url, key: 'not-a-key', id: uuidV7(), introduction },
      report: () => encoderReport({ ...parts, events: [] }, Date.now()),
      onInstructions() {},
    })
    await until(() => away.lastError !== null && refused.lastError !== null)
    expect(refused.lastError).toContain('credentials')
    expect([away.isHeard, refused.isHeard]).toEqual([false, false])
    await Promise.all([away.close(), refused.close()])
  })
})

describe('a report', () => {
  const words = fc.oneof(fc.string(), fc.constant('x'.repeat(600)))
  const figure = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1))
  const time = fc.integer({ min: 0, max: 4e12 })
  const source = fc.record({
    state: fc.constantFrom('connecting', 'running', 'lost', 'ended'),
    ...{ fps: figure, speed: figure, dropped: figure, detail: words, since: time },
  })
  const standing = fc.record({
    id: fc.constant(uuidV7()),
    ...{ title: words, startedAt: time, endsAt: fc.option(time), error: fc.option(words) },
    counts: fc.record({ pending: fc.nat(), pendingBytes: fc.nat(), oldestPendingAt: fc.option(time) }),
    progress: fc.option(
      fc.record({
        sources: fc.array(fc.tuple(words, source), { maxLength: 40 }).map((pairs) => new Map(pairs)),
        ...{ segments: fc.nat(), bytes: fc.nat(), lost: fc.nat(), warning: fc.option(words) },
        delivery: fc.record({
          bytesPerSecond: fc.nat(),
          server: fc.record({ lastError: fc.option(fc.record({ message: words, at: time })) }),
        }),
      }),
    ),
  })

  it('[FL2] keeps the bounds of the protocol whatever the encoder is told by ffmpeg, the disk and the network', () => {
    fc.assert(
      fc.property(fc.array(standing, { maxLength: 4 }), time, fc.boolean(), (events, now, isRecording) => {
        const report = encoderReport({ ...parts, isRecording, events: events as unknown as EventStanding[] }, now)
        expect(parseReport.safeParse(JSON.parse(JSON.stringify(report))).error).toBeUndefined()
      }),
    )
  })
})
