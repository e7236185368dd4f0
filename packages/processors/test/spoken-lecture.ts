// What is said over slides, in words of a made-up language.
const often =
  'that this with have from they will what when your about which there because really going think people'.split(' ')

type Random = () => number
const pick = <Each>(random: Random, list: readonly Each[]): Each => list[Math.floor(random() * list.length)]!

/** Words of a made-up language, as any subject has some of its own. */
function subject(random: Random, count: number): string[] {
  const syllable = (): string => pick(random, [...'bdfgklmnprst']) + pick(random, ['a', 'e', 'i', 'o', 'u', 'ar', 'en'])
  return Array.from({ length: count }, () => syllable() + syllable() + syllable())
}

export type SpokenLecture = { pages: string[]; lines: { startMs: number; text: string }[]; times: number[] }

/** Each page has words of its own and of the whole subject; a speaker says some of them, some of other pages, and much else. */
export function spokenLecture(random: Random, count: number): SpokenLecture {
  const shared = subject(random, 15)
  const own = Array.from({ length: count }, () => subject(random, 8 + Math.floor(8 * random())))
  const text = (words: readonly string[]): string =>
    [...words, ...Array.from({ length: 8 }, () => pick(random, random() < 0.5 ? shared : often))].join(' ')
  const times: number[] = []
  const lines: SpokenLecture['lines'] = []
  let at = 0
  for (const words of own) {
    times.push(at)
    for (let line = 0; line < 8 + 10 * random(); line++) {
      const said = Array.from({ length: 9 }, () => {
        const die = random()
        return die < 0.12
          ? pick(random, words)
          : die < 0.15
            ? pick(random, own.flat())
            : pick(random, die < 0.3 ? shared : often)
      })
      lines.push({ startMs: at, text: said.join(' ') })
      at += 2000 + Math.floor(3000 * random())
    }
  }
  return { pages: own.map(text), lines, times }
}
