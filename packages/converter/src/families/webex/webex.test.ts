import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp4Start, smallFolder } from '../../../test/small-folder.ts'
import { webex } from './webex.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-webex-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const recording = (...start: number[]): Buffer =>
  Buffer.from([...start, ...Array.from({ length: 200 }, (_, at) => at % 7)])

describe('a recording of WebEx in its own form', () => {
  it('is recognised, kept as it is, and refused politely: it is said what to do', async () => {
    const files = await smallFolder(join(folder, 'arf'), {
      'meeting.arf': recording(1, 0, 2, 0),
      'older.ARF': recording(1, 0, 0x39, 0x30),
      'one.wrf': recording(0x17, 0x2e, 0, 1),
    })
    const [claim, ...others] = await webex.claims(files)
    expect([claim!.root, others]).toEqual(['', []])
    const { format, tracks, events, notes } = await webex.read(files, claim!)
    expect([format, tracks, events]).toEqual(['webex', [], []])
    expect(notes.map(({ severity, code, resource }) => [severity, code, resource])).toEqual([
      ['warning', 'webex-only', 'meeting.arf'],
      ['warning', 'webex-only', 'older.ARF'],
      ['warning', 'webex-only', 'one.wrf'],
    ])
    expect(notes[0]!.message).toMatch(/MP4/)
  })

  it('with what its player made of it beside it is that', async () => {
    const files = await smallFolder(join(folder, 'both'), {
      'meeting.arf': recording(1, 0, 2, 0),
      'meeting.mp4': mp4Start,
    })
    const [claim] = await webex.claims(files)
    const { tracks } = await webex.read(files, claim!)
    expect(tracks).toEqual([{ file: 'meeting.mp4', role: 'main', startMs: 0, endMs: null }])
  })

  it('is not what is merely called so', async () => {
    const files = await smallFolder(join(folder, 'none'), {
      'a.arf': 'some text',
      'b.arf': recording(9, 9),
      'c.bin': recording(1, 0, 2, 0),
      'd.wrf': mp4Start,
    })
    expect(await webex.claims(files)).toEqual([])
  })
})
