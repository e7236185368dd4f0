// Paths and what stands there. The server answers all of them with the same document.

export type Route =
  | { page: 'home' }
  | { page: 'login'; next: string | null }
  | { page: 'setup'; token: string }
  | { page: 'record' }
  | { page: 'library' }
  | { page: 'encoders' }
  | { page: 'jobs' }
  | { page: 'job'; jobId: string }
  | { page: 'convert' }
  | { page: 'import'; importId: string }
  | { page: 'settings' }
  | { page: 'inspect'; file: string | null }
  | { page: 'shared'; shareId: string; start: string | null }
  | { page: 'watch'; recordingId: string; start: string | null }
  | { page: 'not-found' }

const plainPages: Record<string, Route> = {
  '/': { page: 'home' },
  '/record': { page: 'record' },
  '/library': { page: 'library' },
  '/encoders': { page: 'encoders' },
  '/jobs': { page: 'jobs' },
  '/convert': { page: 'convert' },
  '/settings': { page: 'settings' },
}

/** What a location shows; ids are letters, digits, `-` and `_`. */
export function routeOf(location: { pathname: string; search: string; hash: string }): Route {
  const path = location.pathname.replace(/\/+$/, '') || '/'
  const query = new URLSearchParams(location.search)
  const plain = Object.hasOwn(plainPages, path) ? plainPages[path] : undefined
  if (plain !== undefined) return plain
  if (path === '/login') return { page: 'login', next: ownPath(query.get('next')) }
  if (path === '/setup') return { page: 'setup', token: decodeFragment(location.hash) }
  if (path === '/inspect') return { page: 'inspect', file: ownPath(query.get('file')) }
  const [, room, id] = /^\/(r|watch|jobs|convert)\/([A-Za-z0-9_-]{1,100})$/.exec(path) ?? []
  const start = query.get('t')
  if (room === 'r' && id !== undefined) return { page: 'shared', shareId: id, start }
  if (room === 'watch' && id !== undefined) return { page: 'watch', recordingId: id, start }
  if (room === 'jobs' && id !== undefined) return { page: 'job', jobId: id }
  if (room === 'convert' && id !== undefined) return { page: 'import', importId: id }
  return { page: 'not-found' }
}

/** Pages that only somebody with an account sees. */
export function needsAccount(route: Route): boolean {
  const own: Route['page'][] = ['home', 'record', 'library', 'encoders', 'jobs', 'job', 'settings', 'watch']
  return [...own, 'convert', 'import'].includes(route.page)
}

/** A path that leads off this site is none: `//host` and `/\host` are other hosts to a browser. */
function ownPath(next: string | null): string | null {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : null
}

function decodeFragment(hash: string): string {
  const text = hash.replace(/^#/, '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
