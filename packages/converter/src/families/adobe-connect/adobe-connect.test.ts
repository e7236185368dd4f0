import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallFolder } from '../../../test/small-folder.ts'
import { adobeConnect } from './adobe-connect.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-connect-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const flv = Buffer.from('FLV\x01\x05\0\0\0\x09\0\0\0\0', 'latin1')
const message = (time: number, name: string, inside: string): string =>
  `<Message time="${time}" type="data"><Method>playEvent</Method><String>${name}</String>${inside}</Message>`
const stream = (time: number, name: string, own: string, type: string, start: number): string =>
  message(
    time,
    name,
    `<Array><Object><streamName>/${own}</streamName><streamType>${type}</streamType><startTime>${start}</startTime></Object></Array>`,
  )
const shown = (time: number, event: string, name: string, value: string | number): string =>
  message(
    time,
    event,
    `<Array><Object><code>change</code><name>${name}</name><newValue>${value}</newValue></Object></Array>`,
  )

describe('a recording of Adobe Connect', () => {
  it('has streams from their starts, slides of documents and boards, and its length, in whatever order messages are', async () => {
    const files = await smallFolder(join(folder, 'whole'), {
      'mainstream.xml': `<root>${[
        stream(9000, 'streamRemoved', 'cameraVoip_1_2', 'cameraVoip', 500),
        stream(510, 'streamAdded', 'cameraVoip_1_2', 'cameraVoip', 500),
        stream(3000, 'streamAdded', 'screenshare_3_4', 'screenshare', 2990),
        stream(3100, 'streamAdded', 'cameraVoip_9_9', 'cameraVoip', 3100),
        message(12_000, '__stop__', '<Number>11500</Number>'),
      ].join('')}</root>`,
      'ftcontent1.xml': `<root>${[
        shown(7000, 'setPptLoaderSo', 'slideIndex', 4),
        shown(5000, 'setPptLoaderSo', 'slideIndex', 3),
        shown(5500, 'setPptLoaderSo', 'slideIndex', 3),
        shown(8000, 'setWBSo', 'currentPage', 2),
      ].join('')}</root>`,
      'cameraVoip_1_2.flv': flv,
      'screenshare_3_4.flv': flv,
    })
    const [claim, ...others] = await adobeConnect.claims(files)
    expect([claim!.root, others]).toEqual(['', []])
    const { kept, tracks, events, notes } = await adobeConnect.read(files, claim!)
    expect(kept).toEqual([{ startMs: 0, endMs: 11_500 }])
    expect(tracks.map(({ file, role, startMs, endMs }) => [file, role, startMs, endMs])).toEqual([
      ['cameraVoip_1_2.flv', 'camera', 500, 9000],
      ['screenshare_3_4.flv', 'screen', 2990, null],
    ])
    expect(events.map(({ t, kind, data }) => [t, kind, data])).toEqual([
      [5000, 'slide', { deck: '', index: 3, value: 3 }],
      [7000, 'slide', { deck: '', index: 4, value: 4 }],
      [8000, 'slide', { deck: '', index: 1, value: 2 }],
      [2990, 'screen', { on: true }],
      [11_500, 'screen', { on: false }],
    ])
    expect(notes.map(({ code }) => code)).toEqual(['missing-media'])
  })

  it('that is cut off is read up to there, and XML of others is none of it', async () => {
    const cut = await smallFolder(join(folder, 'cut'), {
      'mainstream.xml': `<root>${message(4000, 'x', '<Number>1</Number>')}<Message time="5000"><Str`,
    })
    const [claim] = await adobeConnect.claims(cut)
    expect((await adobeConnect.read(cut, claim!)).kept).toEqual([{ startMs: 0, endMs: 4000 }])
    const none = await smallFolder(join(folder, 'none'), { 'a.xml': '<root><Note time="5">x</Note></root>' })
    expect(await adobeConnect.claims(none)).toEqual([])
  })
})
