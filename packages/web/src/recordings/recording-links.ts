// A recording's addresses and types, as the pages and the player need them.
import type { RecordingView, TrackView } from '@rushes/protocol'

/**
 * The same file on this page's own origin. The server names itself by one address, and may be reached by others
 * (`localhost`, a proxy); the page's policy lets it load from its own alone.
 */
export function ownAddress(url: string, here: string = location.origin): string {
  const { pathname, search } = new URL(url, here)
  return pathname + search
}

/** The link to give to people. A server that only knows itself as `127.0.0.1` is known by the address one came by. */
export function publicLink(shareUrl: string, here: string = location.origin): string {
  const link = new URL(shareUrl, here)
  const loopback = /^(127\.|localhost$|\[::1\]$|0\.0\.0\.0$)/
  if (loopback.test(link.hostname) && !loopback.test(new URL(here).hostname)) {
    return here + link.pathname + link.search
  }
  return link.href
}

/** `video/mp4; codecs="avc1.64001f, mp4a.40.2"`; without codecs where one of them is not known. */
export function mediaType(container: 'mp4' | 'webm', tracks: readonly TrackView[]): string {
  const seen = tracks.filter((track) => track.kind !== 'other')
  const base = `${seen.length > 0 && seen.every((track) => track.kind === 'audio') ? 'audio' : 'video'}/${container}`
  const codecs = seen.map((track) => track.codecString)
  if (codecs.length === 0 || codecs.some((codec) => codec === null || !/^[\w.-]+$/.test(codec))) return base
  return `${base}; codecs="${codecs.join(', ')}"`
}

export type RecordingSources = {
  /** While it arrives, and of a set that is no file. */
  srcHls: string | null
  typeHls: string | null
  startedAt: string | null
  src: string | null
  type: string | null
  srcWebm: string | null
  typeWebm: string | null
}

/** What the player is given; `set`: which of a delivery's, left out the first. */
export function recordingSources(recording: RecordingView, here?: string, set?: string | null): RecordingSources {
  const { delivery, state, live } = recording
  // A recording's own clock begins with it, whatever is recorded first.
  const startedAt = delivery === null ? recording.createdAt : delivery.startedAt
  if (state === 'receiving' && live != null) {
    const srcHls = ownAddress(live.playlistUrl, here)
    return { srcHls, typeHls: live.type, startedAt, src: null, type: null, srcWebm: null, typeWebm: null }
  }
  const other = set != null && set !== delivery?.sets[0]?.name
  if (state === 'receiving' || other) {
    const address = delivery?.hlsUrl == null ? null : ownAddress(delivery.hlsUrl, here)
    const srcHls = address !== null && other ? `${address}?set=${encodeURIComponent(set)}` : address
    return { srcHls, typeHls: null, startedAt, src: null, type: null, srcWebm: null, typeWebm: null }
  }
  const { mp4Url, webmUrl, tracks } = recording
  const mp4 = recording.mp4State === 'ready' && mp4Url !== null ? mp4Url : null
  const webm = recording.webmState === 'ready' && webmUrl !== null ? webmUrl : null
  return {
    srcHls: null,
    typeHls: null,
    startedAt,
    src: mp4 && ownAddress(mp4, here),
    type: mp4 && mediaType('mp4', tracks),
    srcWebm: webm && ownAddress(webm, here),
    typeWebm: webm && mediaType('webm', tracks),
  }
}

/** A name for the downloaded file that every file system takes. */
export function fileName(title: string, extension: string): string {
  const plain = title
    .normalize('NFC')
    .replace(/[\p{Cc}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 120)
    .trim()
  return `${plain || 'recording'}.${extension}`
}
