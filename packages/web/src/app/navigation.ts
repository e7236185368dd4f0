// Moving between pages without a reload. Plain links stay plain links: modified clicks, downloads and other origins are
// the browser's.

type Listener = () => void
const listeners = new Set<Listener>()

/** Calls `listener` after each change of the location; gives back what ends it. */
export function onNavigation(listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function goTo(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'replace') history.replaceState(null, '', path)
  else history.pushState(null, '', path)
  for (const listener of listeners) listener()
}

/** Turns clicks on links of this site into {@link goTo}, and follows the back button. */
export function followLinks(): void {
  window.addEventListener('popstate', () => {
    for (const listener of listeners) listener()
  })
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement)
    if (!(link instanceof HTMLAnchorElement) || link.hasAttribute('download') || link.target !== '') return
    const url = new URL(link.href, location.href)
    // Files of recordings live below /api and /r/SHARE/: those are the server's.
    if (url.origin !== location.origin || /^\/(api\/|r\/[^/]+\/)/.test(url.pathname)) return
    event.preventDefault()
    goTo(url.pathname + url.search + url.hash)
  })
}
