// What resources that tell no times are told by others.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newArchiveId, openArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { room, writeSound } from '../../processors/test/made-sound.ts'
import { convertArchive } from '../src/index.ts'
import { lectureSeconds, makeSmallLecture, type SmallLecture } from './small-lecture.ts'

let folder: string
let lecture: SmallLecture
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-correlation-'))
  const random = seededRandom(seed)
  lecture = await makeSmallLecture(join(folder, 'lecture'), random)
  // Somebody else's, by mistake in the same folder.
  await writeSound(room(20, random), join(lecture.folder, 'elsewhere.m4a'))
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a lecture of which files lie side by side', () => {
  it('has its slides when they are seen in the video, and a second recording where it is heard', async () => {
    const output = join(folder, 'lecture.umf')
    const { notes, tasks } = await convertArchive({
      inputs: [lecture.folder],
      output,
      drawId: async () => newArchiveId(),
    })
    await using source = await openFile(output)
    const archive = await openArchive(source, { sha256: nodeSha256 })
    const slides = (await archive.events()).filter(({ kind }) => kind === 'slide')
    const which = slides.map(({ data }) => (data as { index: number }).index)
    expect(which, `seed ${seed}`).toEqual(lecture.shown.map(([page]) => page))
    for (const [index, { t, data, resource }] of slides.entries()) {
      const [page, seconds] = lecture.shown[index]!
      expect(Math.abs(t - seconds * 1000), `seed ${seed}, slide ${index}`).toBeLessThanOrEqual(300)
      expect(data).toMatchObject({ deck: 'talk.pdf', by: 'video' })
      expect(archive.item(resource!)).toMatchObject({ type: 'slide', metadata: { index: page } })
    }
    const second = archive.item('recorder.m4a')!
    expect(Math.abs(second.startMs! - lecture.secondAt * 1000), `seed ${seed}`).toBeLessThan(20)
    expect(second.metadata).toMatchObject({ alignment: { by: 'sound', to: 'lecture.mp4' } })
    // Nothing says where it belongs, and nothing is made up.
    const other = archive.item('elsewhere.m4a')!
    expect([other.startMs, other.metadata?.['alignment']]).toEqual([0, undefined])
    expect(notes.map(({ code, resource }) => [code, resource]).sort()).toEqual([
      ['aligned-by-sound', 'recorder.m4a'],
      ['not-aligned', 'elsewhere.m4a'],
      ['slides-seen', 'lecture.mp4'],
    ])
    expect(tasks.filter(({ rule }) => rule === 'watch' || rule === 'align')).toHaveLength(3)
    expect((archive.presentation as { durationMs: number }).durationMs).toBeGreaterThan(lectureSeconds * 1000 - 200)
  }, 300_000)
})
