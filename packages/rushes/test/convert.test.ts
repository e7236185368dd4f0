import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSmallMeeting, smallMeetingEvents } from '../../converter/test/small-meeting.ts'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { endCommands, runCommand, startCommand } from './command-for-tests.ts'

let folder: string
let meeting: string
let environment: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-convert-'))
  environment = { RUSHES_REGISTRY: join(folder, 'registry'), RUSHES_LAYOUTS: join(folder, 'layouts.json') }
  meeting = await makeSmallMeeting(folder)
}, 120_000)
afterAll(async () => {
  endCommands()
  await rm(folder, { recursive: true, force: true })
})

type ShownResource = {
  name: string
  length: number
  digest: string
  offset?: number
  file?: string
  startMs?: number
  endMs?: number
  isPresentation?: true
}
type Shown = {
  format: string
  durationMs: number
  resources: ShownResource[]
  events: { t: number; kind: string; data: Record<string, unknown> }[]
  notes: { code: string }[]
}

async function shown(...args: string[]): Promise<Shown> {
  const { status, stdout, stderr } = await runCommand([...args, '--json'], environment)
  expect([status, stderr.includes('rushes:')], stderr).toEqual([0, false])
  return JSON.parse(stdout) as Shown
}

/** What does not differ from one conversion to the next: the presentation's first bytes have the archive's id in them. */
const lasting = ({ format, durationMs, resources, events, notes }: Shown) => ({
  ...{ format, durationMs, events, notes },
  resources: resources.map(({ offset: _, file: __, ...rest }) =>
    rest.isPresentation ? { ...rest, digest: '' } : rest,
  ),
})

/** All of the presentation behind the archive's head (SPEC.md F3, F5). */
async function presented(place: string, { resources }: Shown): Promise<Buffer> {
  const { length } = resources.find(({ isPresentation }) => isPresentation)!
  return (await readFile(place)).subarray(8192, length)
}

describe('rushes convert', () => {
  let whole: Shown
  beforeAll(async () => {
    whole = await shown('convert', meeting, '-o', join(folder, 'whole.umf'))
  }, 300_000)

  it('prints what became of a folder, and where it was in it', async () => {
    expect([whole.format, whole.durationMs]).toEqual(['bigbluebutton', 6000])
    const brief = whole.events.map(({ t, kind, data }) => [
      t,
      kind,
      data['name'] ?? data['index'] ?? data['text'] ?? data['on'],
    ])
    expect(brief).toEqual(smallMeetingEvents)
    const sound = whole.resources.find(({ name }) => name === 'audio/m-5001000.wav')
    expect(sound).toMatchObject({ offset: 0, file: 'audio/m-5001000.wav', startMs: 0, endMs: 6000 })
    expect(whole.resources.every(({ digest }) => /^sha256:[0-9a-f]{64}$/.test(digest))).toBe(true)
  })

  it('makes an archive of which inspect says the same, and verify nothing', async () => {
    const place = join(folder, 'whole.umf')
    expect(lasting(await shown('inspect', place, '--digests'))).toEqual(lasting(whole))
    expect(await shown('verify', place)).toMatchObject({ ok: true, problems: [] })
  })

  it('that is killed at any moment goes on when it is run again, and ends with the same', async () => {
    const random = seededRandom(seed)
    const place = join(folder, 'killed.umf')
    let kills = 0
    for (let round = 0; round < 6; round++) {
      const command = startCommand(['convert', meeting, '-o', place, '--json'], environment)
      // After so many tasks, and a little: in the middle of the next.
      const tasks = 1 + Math.floor(random() * 4)
      await command.says(new RegExp(`(?:done [^\\n]*\\n[^]*){${tasks}}`)).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, random() * 400))
      command.signal('SIGKILL')
      if ((await command.ended).signal === 'SIGKILL') kills++
    }
    const again = await shown('convert', meeting, '-o', place, '--force')
    expect(lasting(again), `seed ${seed}, ${kills} kills`).toEqual(lasting(whole))
    expect((await presented(place, again)).equals(await presented(join(folder, 'whole.umf'), whole))).toBe(true)
    expect((await readdir(folder)).filter((name) => name.endsWith('.work'))).toEqual([])
  }, 300_000)

  it.each([
    ['no output', 2, ['MEETING'], 'misused'],
    ['an unknown type', 2, ['MEETING', '-o', 'NEW', '--only', 'spam'], 'misused'],
    ['a form of nothing', 2, ['MEETING', '-o', 'NEW', '--as', 'audio=spam'], 'misused'],
    ['no such input', 1, ['/nowhere/at/all', '-o', 'NEW'], 'no-such-file'],
    ['an output that is there', 1, ['MEETING', '-o', 'WHOLE'], 'file-exists'],
    ['an empty folder', 1, ['EMPTY', '-o', 'NEW'], 'nothing-found'],
  ])('given %s ends with status %i', async (_what, status, args, code) => {
    const empty = await mkdtemp(join(folder, 'empty-'))
    const places: Record<string, string> = {
      MEETING: meeting,
      NEW: join(folder, 'new.umf'),
      WHOLE: join(folder, 'whole.umf'),
      EMPTY: empty,
    }
    const ended = await runCommand(['convert', ...args.map((each) => places[each] ?? each), '--json'], environment)
    expect([ended.status, (JSON.parse(ended.stdout) as { error: { code: string } }).error.code]).toEqual([status, code])
    expect((await readdir(folder)).filter((name) => name.endsWith('.work') || name === 'new.umf')).toEqual([])
  })

  it('takes a file of which it knows nothing as it is', async () => {
    const place = join(folder, 'strange.bin')
    await writeFile(place, Buffer.from([1, 2, 3, 0, 255]))
    const { format, resources } = await shown('convert', place, '-o', join(folder, 'strange.umf'))
    expect([format, resources.map(({ name, offset }) => [name, offset])]).toEqual([
      'unknown',
      [
        ['strange.bin', 0],
        ['discovery.json', undefined],
        ['timeline.json', undefined],
      ],
    ])
  })
})
