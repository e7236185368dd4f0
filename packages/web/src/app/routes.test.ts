import { describe, expect, it } from 'vitest'
import { needsAccount, routeOf } from './routes.ts'

const at = (address: string) => routeOf(new URL(address, 'http://rushes.example'))

describe('routeOf', () => {
  it.each([
    ['/', { page: 'home' }],
    ['/record', { page: 'record' }],
    ['/library/', { page: 'library' }],
    ['/encoders', { page: 'encoders' }],
    ['/settings', { page: 'settings' }],
    ['/inspect', { page: 'inspect', file: null }],
    ['/inspect?file=%2Fr%2FTAF%2Ffile.umf', { page: 'inspect', file: '/r/TAF/file.umf' }],
    ['/inspect?file=%2F%2Fother.example%2Ffile.umf', { page: 'inspect', file: null }],
    ['/login', { page: 'login', next: null }],
    ['/login?next=%2Fwatch%2Fabc%3Ft%3D5', { page: 'login', next: '/watch/abc?t=5' }],
    ['/setup#a%2Db_C', { page: 'setup', token: 'a-b_C' }],
    ['/setup', { page: 'setup', token: '' }],
    ['/r/TAFbenHe_-8j', { page: 'shared', shareId: 'TAFbenHe_-8j', start: null }],
    ['/r/TAF?t=1h10m5s', { page: 'shared', shareId: 'TAF', start: '1h10m5s' }],
    ['/watch/01a1fb86-aff5', { page: 'watch', recordingId: '01a1fb86-aff5', start: null }],
  ])('%s', (address, route) => {
    expect(at(address)).toEqual(route)
  })

  it.each(['/r/', '/r/a/b', '/r/%3Cscript%3E', '/watch', '/constructor', '/__proto__', '/Record'])(
    '%s is nothing',
    (address) => {
      expect(at(address)).toEqual({ page: 'not-found' })
    },
  )

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)'])(
    'does not lead on to %s after the sign-in',
    (next) => {
      expect(at(`/login?next=${encodeURIComponent(next)}`)).toEqual({ page: 'login', next: null })
    },
  )

  it('survives a fragment that is no valid escape', () => {
    expect(routeOf({ pathname: '/setup', search: '', hash: '#%E0%A4' })).toEqual({ page: 'setup', token: '%E0%A4' })
  })
})

describe('needsAccount', () => {
  it('lets everybody see shared recordings, and nobody the rest', () => {
    expect(['/r/abc', '/login', '/setup#t', '/inspect', '/nowhere'].map((path) => needsAccount(at(path)))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
    expect(
      ['/', '/record', '/library', '/encoders', '/settings', '/watch/a'].every((path) => needsAccount(at(path))),
    ).toBe(true)
  })
})
