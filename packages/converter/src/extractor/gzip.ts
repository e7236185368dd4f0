import type { ByteWindow } from './byte-window.ts'
import { walkDeflate } from './deflate.ts'
import type { Walk, Walked } from './walk.ts'

const MOST_MEMBERS = 1_000_000

/** gzip (RFC 1952), all its members; each is whole when its length is the one that it says. */
export function* walkGzip(window: ByteWindow, start: number): Walk<Walked | null> {
  let at = start
  let members = 0
  let inflated = 0
  let name = ''
  for (; members < MOST_MEMBERS; members++) {
    const member = yield* walkMember(window, at)
    if (member === null) break
    at = member.end
    inflated += member.inflated
    if (members === 0) name = member.name
  }
  if (members === 0) return null
  return { format: 'gzip', end: at, facts: { members, inflated, ...(name === '' ? {} : { name }) } }
}

function* walkMember(window: ByteWindow, start: number): Walk<{ end: number; inflated: number; name: string } | null> {
  if (!(yield* window.need(start, 10)) || window.u24(start) !== 0x1f8b08) return null
  const flags = window.u8(start + 3)
  if ((flags & 0xe0) !== 0) return null
  let at = start + 10
  if ((flags & 4) !== 0) {
    if (!(yield* window.need(at, 2))) return null
    at += 2 + window.le16(at)
  }
  let name = ''
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue
    const end = yield* window.find('\0', at, at + 65536)
    if (end < 0) return null
    if (flag === 8 && end - at < 1024 && (yield* window.need(at, end - at))) name = window.text(at, end - at)
    at = end + 1
  }
  if ((flags & 2) !== 0) at += 2
  const data = yield* walkDeflate(window, at)
  if (data === null || !(yield* window.need(data.end, 8))) return null
  if (window.le32(data.end + 4) !== data.inflated % 2 ** 32) return null
  return { end: data.end + 8, inflated: data.inflated, name }
}
