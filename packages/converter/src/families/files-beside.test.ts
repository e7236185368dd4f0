import { expect, it } from 'vitest'
import type { FoundFile } from '../input/found-file.ts'
import type { Reading } from './family.ts'
import { withFilesBeside } from './files-beside.ts'

const file = (name: string, kind: string): FoundFile => ({ name, kind, path: `/x/${name}`, size: 100 })
const reading: Reading = {
  ...{ format: 'bigbluebutton', metadata: {}, tracks: [], events: [], notes: [], files: new Map() },
  ...{ kept: [{ startMs: 700, endMs: 900 }], decks: [{ name: 'talk.pdf', pages: [] }] },
}

it('words beside an event count from where it begins, and documents have pages; what is another event’s is left alone', () => {
  const files = [
    ...[file('m/a.vtt', 'text/vtt'), file('w/b.vtt', 'text/vtt'), file('p/more.pdf', 'application/pdf')],
    ...[file('other/c.vtt', 'text/vtt'), file('p/talk.pdf', 'application/pdf')],
  ]
  const found = withFilesBeside(reading, files, { root: 'm/' }, [{ root: 'other/' }])
  expect([...found.files]).toEqual([['w/b.vtt', { type: 'captions', startMs: 700 }]])
  expect(found.decks.map(({ name, document }) => [name, document])).toEqual([
    ['talk.pdf', undefined],
    ['more.pdf', 'p/more.pdf'],
  ])
  expect(found.notes.map(({ code, resource }) => [code, resource])).toEqual([['assumed-start', 'w/b.vtt']])
  expect(withFilesBeside(reading, files, { root: '' }, [])).toBe(reading)
})
