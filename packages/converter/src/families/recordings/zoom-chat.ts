// Chat of Zoom as it is saved: by its cloud, counted from where the meeting began, or by its program, in the clock of the wall.
export type ZoomMessage = {
  /** Of the file's own clock, ms. */
  atMs: number
  sender: string
  /** Null: everybody. */
  to: string | null
  text: string
}
export type ZoomChat = { clock: 'meeting' | 'wall'; messages: ZoomMessage[] }

const cloud = /^(\d{1,2}):(\d{2}):(\d{2})\t(?:From\s+)?([^\t]{1,300}?)\s*:\t(.*)$/s

/** What the program writes in front of who wrote, and between them and whom it was for, in its languages. */
const words: readonly (readonly [from: string, to: string])[] = [
  ['From', 'to'],
  ['Von', 'an'],
  ['De', 'à|a|para'],
  ['Da', 'a'],
  ['Van', 'naar|aan'],
  ['Od', 'do'],
  ['Od', 'pro'],
  ['Från', 'till'],
  ['Fra', 'til'],
  ['От', 'к|кому|для'],
  ['Від', 'до|кому'],
  ['Dari', 'ke|kepada'],
  ['Từ', 'đến|tới'],
  ['Gönderen', 'Alıcı'],
  ['開始', '送信先|宛先'],
  ['差出人', '宛先|送信先'],
  ['从|来自|從|來自', '到|发送至|發送至|至|傳送給'],
  ['보낸 사람', '받는 사람|수신자'],
]
/** Its newer ones write the date as well. */
const clock = String.raw`^(?:\d{4}-\d{2}-\d{2}\s+)?(\d{1,2}):(\d{2}):(\d{2})\s+`
const alone = String.raw`\s*(?:\((?:Direct Message|Privately|Direktnachricht|Message direct|Mensaje directo|Mensagem direta|Messaggio diretto|Privat)\))?`
const local = words.map(([from, to]) => {
  return new RegExp(
    `${clock}(?:${from})\\s+(.{1,300}?)(?:\\s+(?:${to})\\s+(.{1,300}?))?${alone}\\s*[:：](?:\\s(.*)|)$`,
    'isu',
  )
})
const everyone =
  /^(?:everyone|alle|tout le monde|todos|todo el mundo|todas as pessoas|tutti|iedereen|wszyscy|wszystkich|všem|všichni|alla|все|всем|всіх|semua orang|mọi người|herkes|全員|全体|皆さん|所有人|每个人|大家|모두|모든 사람)$/i
const MOST_MESSAGES = 200_000

function programLine(line: string): RegExpExecArray | null {
  if (!/^\d/.test(line)) return null
  for (const form of local) {
    const found = form.exec(line)
    if (found !== null) return found
  }
  return null
}

/** Null: it is no such chat. A message goes on over lines that begin with no time. */
export function zoomChat(text: string): ZoomChat | null {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n?|\n/)
  const messages: ZoomMessage[] = []
  const clocks = { meeting: 0, wall: 0 }
  let strangers = 0
  for (const line of lines) {
    if (messages.length === MOST_MESSAGES) break
    const ofCloud = cloud.exec(line)
    const ofProgram = ofCloud === null ? programLine(line) : null
    const [, hours, minutes, seconds, sender] = ofCloud ?? ofProgram ?? []
    const last = messages.at(-1)
    if (sender === undefined) {
      if (last === undefined) strangers += line.trim() === '' ? 0 : 1
      else last.text = `${last.text}\n${line.replace(/^\t/, '')}`
      continue
    }
    clocks[ofCloud === null ? 'wall' : 'meeting']++
    const atMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
    const to = ofProgram?.[5]?.trim() ?? null
    const said = ofCloud === null ? (ofProgram?.[6] ?? '') : ofCloud[5]!
    messages.push({ atMs, sender: sender.trim(), to: to === null || everyone.test(to) ? null : to, text: said })
  }
  if (messages.length === 0 || strangers > messages.length) return null
  for (const message of messages) message.text = message.text.trim()
  return {
    clock: clocks.wall > clocks.meeting ? 'wall' : 'meeting',
    messages: messages.filter((each) => each.text !== ''),
  }
}

/** `GMT20210301-153000_Recording_1920x1080.mp4`: when recording began, ms since 1970. */
export function gmtStamp(name: string): number | null {
  const found = /(?:^|\/)GMT(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})_/.exec(name)
  if (found === null) return null
  const [year, month, day, hours, minutes, seconds] = found.slice(1).map(Number) as [
    ...[number, number, number, number, number, number],
  ]
  return Date.UTC(year, month - 1, day, hours, minutes, seconds)
}

/** `2021-03-01 10.30.00 Topic 123456789/`: the time of day, ms, at which a recording began on the machine that made it. */
export function folderTimeOfDay(name: string): number | null {
  const found = /(?:^|\/)\d{4}-\d{2}-\d{2} (\d{2})\.(\d{2})\.(\d{2}) /.exec(name)
  if (found === null) return null
  const [hours, minutes, seconds] = found.slice(1).map(Number) as [number, number, number]
  return ((hours * 60 + minutes) * 60 + seconds) * 1000
}
