// Who wrote to whom, in front of a message of a saved chat: in English `From Ada to Everyone`. The program writes these words in its own
// language, and has other ones in other versions.
export type ChatHead = { sender: string; to: string | null }
export type HeadReader = (head: string) => ChatHead | null

/** As they are known from real chats and, behind those, from the program's languages. Older ones don't say to whom. */
const words: readonly (readonly [from: string, to: string, everyone: string, isOlder?: true])[] = [
  ['From', 'to', 'everyone', true],
  ['Von', 'an', 'alle', true],
  ['De', 'à|a|para', 'tout le monde|todos|todo el mundo|todas as pessoas', true],
  ['開始', 'に|終了|送信先|宛先', '全員|皆様|全体|皆さん'],
  ['발신자|보낸 사람', '수신자|받는 사람', '모두에게|모두|모든 사람'],
  ['', '對|对', '所有人|每個人|每个人|大家'],
  ['从|来自|從|來自', '到|发送至|發送至|至|傳送給', '所有人|每个人|每個人|大家'],
  ['Da', 'a', 'tutti'],
  ['Van', 'naar|aan', 'iedereen'],
  ['Od', 'do', 'wszyscy|wszystkich'],
  ['Od', 'pro', 'všem|všichni'],
  ['Från', 'till', 'alla'],
  ['Fra', 'til', 'alle'],
  ['От', 'к|кому|для', 'все|всем'],
  ['Від', 'до|кому', 'всі|всім'],
  ['Dari', 'ke|kepada', 'semua orang'],
  ['Từ', 'đến|tới', 'mọi người'],
  ['Gönderen', 'Alıcı', 'herkes'],
]
/** Behind whom it was for: that nobody else read it, or where they were. */
const remark = String.raw`\s*(?:[(（][^()（）]{1,60}[)）])?`
const remarkAtEnd = new RegExp(`${remark}$`, 'u')
const known: readonly HeadReader[] = words.map(([from, to, everyone, isOlder]) => {
  const begin = from === '' ? '' : `(?:${from})\\s+`
  const whom = `\\s+(?:${to})\\s+(?:(?<everyone>${everyone})|(?<to>.{1,300}?))${remark}`
  const form = new RegExp(`^${begin}(?<sender>.{1,300}?)(?:${whom})${isOlder ? '?' : ''}$`, 'isu')
  return (head) => {
    const found = form.exec(head)?.groups
    return found === undefined ? null : { sender: found['sender']!.trim(), to: found['to']?.trim() ?? null }
  }
})

/** Fewer heads than this show no words of their own. */
const leastHeads = 3
/** Of so many, at least, the last words are the same: most is written to everybody. */
const leastAlike = 0.5
const mostWords = 40
/** So many tell how the rest is read. */
const sampled = 2000

/** The way to read these heads; null: they are none of a chat. */
export function headReader(all: readonly string[]): HeadReader | null {
  const heads = all.slice(0, sampled)
  const read = known.map((reader) => ({ reader, count: heads.filter((head) => reader(head) !== null).length }))
  const best = read.reduce((most, each) => (each.count > most.count ? each : most))
  // A log has lines that begin alike as well, here and there.
  return best.count * 2 > heads.length ? best.reader : readerByLikeness(heads)
}

/**
 * In a language that is not known: `WORD sender WORD everybody`, where the first word may be missing. The words are those which all
 * heads, or most of them, have in common while the senders differ.
 */
function readerByLikeness(heads: readonly string[]): HeadReader | null {
  if (heads.length < leastHeads) return null
  const split = heads.map((head) => head.split(/\s+/, mostWords))
  const first = split[0]![0]!
  const from = split.every(([word]) => word === first) ? 1 : 0
  const ends = new Map<string, number>()
  for (const each of split) {
    if (each.length < from + 3) continue
    const end = each.slice(-2).join(' ')
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  const [end = '', count = 0] = [...ends].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])
  if (count < Math.max(leastHeads, heads.length * leastAlike)) return null
  const toAll = split.filter((each) => each.slice(-2).join(' ') === end)
  const senders = (words: number) => toAll.map((each) => each.slice(from, -words).join(' '))
  // One sender's name may be a part of what is alike.
  if (new Set(senders(2)).size < 2) return null
  let length = 2
  for (; toAll.every((each) => each.length > from + length + 1 && each.at(-length - 1) === toAll[0]!.at(-length - 1)); )
    length++
  const [to, ...everybody] = toAll[0]!.slice(-length)
  const all = everybody.join(' ')
  return (head) => {
    const parts = head.split(/\s+/, mostWords).slice(from)
    const at = parts.lastIndexOf(to!)
    if (at < 1 || at === parts.length - 1) return { sender: parts.join(' '), to: null }
    const whom = parts.slice(at + 1).join(' ')
    return {
      sender: parts.slice(0, at).join(' '),
      to: whom === all ? null : whom.replace(remarkAtEnd, ''),
    }
  }
}
