import type { RecordingView } from '@rushes/protocol'
import { expect, it } from 'vitest'
import { routeOf } from '../app/routes.ts'
import { archiveAddress, inspectAddress } from './archive-links.ts'

const here = 'https://rushes.example'
const recording = (fields: Partial<RecordingView>) => ({ id: 'one', state: 'published', ...fields }) as RecordingView

it('an archive is fetched from the origin of the page: all of it by its owner, by a link what everybody may read', () => {
  const shared = recording({ umfUrl: 'http://127.0.0.1:7070/r/abc/file.umf' })
  expect(archiveAddress(shared, 'link', here)).toBe('/r/abc/file.umf')
  expect(archiveAddress(shared, 'owner', here)).toBe('/api/v1/recordings/one/file.umf')
  const closed = recording({ umfUrl: null })
  expect([archiveAddress(closed, 'link', here), archiveAddress(closed, 'owner', here)]).toEqual([
    null,
    '/api/v1/recordings/one/file.umf',
  ])
})

it('there is none while the recording is made', () => {
  const live = recording({ state: 'receiving', umfUrl: null })
  expect([archiveAddress(live, 'link', here), archiveAddress(live, 'owner', here)]).toEqual([null, null])
})

it('a look inside opens that very file', () => {
  for (const address of ['/r/a-b_c/file.umf', '/api/v1/recordings/one/file.umf', '/r/a/file.umf?v=1&w=#2']) {
    const { pathname, search, hash } = new URL(inspectAddress(address), here)
    expect(routeOf({ pathname, search, hash })).toEqual({ page: 'inspect', file: address })
  }
})
