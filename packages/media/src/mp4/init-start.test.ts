import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { madeByFfmpeg } from '../../test/made-media.ts'
import { openBodyIndex } from '../body-index.ts'
import { shiftFragment } from './fragment-summary.ts'
import { startInit } from './init-start.ts'

const picture = '-f lavfi -i testsrc2=size=160x90:rate=30 -t 3 -c:v libx264 -preset veryfast -g 30'.split(' ')
const flags = '+empty_moov+frag_keyframe+default_base_moof'

/** Pictures with B-frames: one kind of writer cuts their delay off by an edit list, the other by negative offsets. */
const bodies = { 'an edit list': flags, 'no edit list': `${flags}+cmaf` }

for (const [what, movflags] of Object.entries(bodies)) {
  it(`T7: a header of ${what} presents a stretch of a longer timeline from its beginning`, async () => {
    const path = await madeByFfmpeg('mp4', [...picture, '-f', 'mp4', '-movflags', movflags])
    const bytes = new Uint8Array(readFileSync(path))
    const view = new DataView(bytes.buffer)
    let headerEnd = 0
    while (view.getUint32(headerEnd + 4) !== 0x6d6f6f66) headerEnd += view.getUint32(headerEnd)
    const before = viewOf(bytes.slice(0, headerEnd), bytes.slice(headerEnd))
    for (const seconds of [0, 2, 5000]) {
      const fragments = bytes.slice(headerEnd)
      shiftFragment(fragments, new Map([[1, seconds * 15_360]]))
      const after = viewOf(startInit(bytes.slice(0, headerEnd), seconds), fragments)
      expect(after.durationMs).toBeCloseTo(before.durationMs, 6)
      expect(presentedTimes(after.file, path)).toEqual(presentedTimes(before.file, path))
    }
  })
}

function viewOf(header: Uint8Array, fragments: Uint8Array): { file: Uint8Array; durationMs: number } {
  const index = openBodyIndex()
  const body = Buffer.concat([header, fragments])
  index.push(body)
  index.finish()
  const view = index.mp4View()
  if (view.state !== 'ready') throw new Error(view.reason)
  const file = Buffer.concat(
    view.layout.extents.map((extent) =>
      'bytes' in extent ? extent.bytes : body.subarray(extent.offset, extent.offset + extent.length),
    ),
  )
  return { file, durationMs: index.durationMs }
}

function presentedTimes(file: Uint8Array, beside: string): string {
  const path = `${beside}.shown.mp4`
  writeFileSync(path, file)
  const shown = ['-show_entries', 'frame=pts,pkt_size:stream=start_time,duration', '-of', 'csv=p=0', path]
  return execFileSync('ffprobe', ['-v', 'error', ...shown]).toString()
}
