// npm run bench -- correlation [PAIRS] [FIRST-SEED]: how well what has no times is placed by other resources, against a drawn truth.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSmallLecture } from '../packages/converter/test/small-lecture.ts'
import { seededRandom } from '../packages/media/test/seeded-random.ts'
import {
  alignSounds,
  decodeSound,
  defaultLimits,
  grayPicture,
  pdfPages,
  type SoundAlignment,
  seenSlides,
  spokenSlides,
  watchVideo,
} from '../packages/processors/src/index.ts'
import { recorded, room, writeSound } from '../packages/processors/test/made-sound.ts'
import { spokenLecture } from '../packages/processors/test/spoken-lecture.ts'
import { figure, spread, table } from './figures.ts'

const { signal } = new AbortController()
const job = { limits: defaultLimits, signal, onProgress: () => {} }

export async function benchCorrelation(args: readonly string[]): Promise<string> {
  const [pairs = 20, firstSeed = 1000] = args.map(Number).filter(Number.isInteger)
  const folder = await mkdtemp(join(tmpdir(), 'rushes-bench-'))
  try {
    return [
      table(
        ['recordings', 'pairs', 'aligned', 'off at their ends, ms: median', 'max', 'agreement, least', 'CPU s a pair'],
        [
          await sounds('60 and 40 s, drift, echoes, noise, AAC', folder, { pairs, firstSeed, seconds: 60 }),
          await sounds('20 and 13 min', folder, { pairs: 2, firstSeed, seconds: 1200 }),
          await sounds('of two events, 60 and 40 s', folder, { pairs, firstSeed, seconds: 60, isOther: true }),
        ],
      ),
      table(
        ['slides', 'lectures', 'shown', 'told', 'page right', 'off, ms: median', 'max', 'CPU s a lecture'],
        [await seen(folder, Math.ceil(pairs / 4), firstSeed)],
      ),
      table(
        ['transcripts', 'lectures', 'pages', 'told', 'within 20 s', 'CPU s a lecture'],
        [spoken('about the slides', pairs * 5, firstSeed, false), spoken('about others', pairs * 5, firstSeed, true)],
      ),
    ].join('\n\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Pairs = { pairs: number; firstSeed: number; seconds: number; isOther?: boolean }

async function sounds(name: string, folder: string, { pairs, firstSeed, seconds, isOther = false }: Pairs) {
  const off: number[] = []
  const agreements: number[] = []
  const cpu: number[] = []
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    const random = seededRandom(seed)
    const source = room(Math.ceil(seconds * 1.4), random)
    const [offset, drift, length] = [(random() - 0.3) * 0.3 * seconds, (random() - 0.5) * 200e-6, (seconds * 2) / 3]
    const start = 0.1 * seconds
    const first = await writeSound(recorded(source, { seconds, offset: start }, random), join(folder, 'first.m4a'))
    const other = isOther ? room(Math.ceil(seconds * 1.4), random) : source
    const heard = recorded(other, { seconds: length, offset: start + offset, drift }, random)
    const second = await writeSound(heard, join(folder, 'second.m4a'))
    const before = process.cpuUsage()
    const found = await aligned(first, second, folder)
    cpu.push(process.cpuUsage(before).user / 1e6)
    if (found === null) continue
    const end = length * 1000
    const error = (t: number): number => found.offsetMs - offset * 1000 + (t * (found.driftPpm - drift * 1e6)) / 1e6
    off.push(Math.max(Math.abs(error(0)), Math.abs(error(end))))
    agreements.push(found.agreement)
  }
  const errors = spread(off)
  const [median, max, least] =
    off.length === 0 ? ['–', '–', '–'] : [errors.median, errors.max, Math.min(...agreements)].map(figure)
  return [name, pairs, off.length, median!, max!, least!, figure(spread(cpu).median)]
}

async function aligned(left: string, right: string, folder: string): Promise<SoundAlignment | null> {
  const files = [join(folder, 'first.pcm'), join(folder, 'second.pcm')] as const
  for (const file of files) {
    await rm(file, { force: true })
    await writeFile(file, '')
  }
  await using first = await decodeSound(left, files[0], job)
  await using second = await decodeSound(right, files[1], job)
  return await alignSounds(first, second)
}

async function seen(folder: string, lectures: number, firstSeed: number) {
  const off: number[] = []
  const cpu: number[] = []
  let [all, told, right] = [0, 0, 0]
  for (let seed = firstSeed; seed < firstSeed + lectures; seed++) {
    const place = join(folder, `lecture-${seed}`)
    const { shown } = await makeSmallLecture(join(place, 'files'), seededRandom(seed))
    const drawn = await pdfPages({ path: join(place, 'files', 'talk.pdf'), folder: place, signal })
    const before = process.cpuUsage()
    const pages = []
    for (const { path } of drawn.pages) pages.push(await grayPicture(path!, job))
    const { stretches, aspect } = await watchVideo(join(place, 'files', 'lecture.mp4'), job)
    const found = seenSlides(stretches, pages, aspect)
    cpu.push(process.cpuUsage(before).user / 1e6)
    all += shown.length
    told += found.length
    for (const [page, seconds] of shown) {
      const same = found.filter((each) => each.page === page).map(({ t }) => Math.abs(t - seconds * 1000))
      const nearest = Math.min(Number.POSITIVE_INFINITY, ...same)
      if (nearest > 1000) continue
      right++
      off.push(nearest)
    }
  }
  const errors = spread(off)
  return [
    'in a video',
    lectures,
    all,
    told,
    right,
    figure(errors.median),
    figure(errors.max),
    figure(spread(cpu).median),
  ]
}

function spoken(name: string, lectures: number, firstSeed: number, isOther: boolean) {
  const cpu: number[] = []
  let [all, told, near] = [0, 0, 0]
  for (let seed = firstSeed; seed < firstSeed + lectures; seed++) {
    const random = seededRandom(seed)
    const { pages, lines, times } = spokenLecture(random, 6 + Math.floor(40 * random()))
    const about = isOther ? spokenLecture(random, pages.length).pages : pages
    const before = process.cpuUsage()
    const found = spokenSlides(lines, about)
    cpu.push(process.cpuUsage(before).user / 1e6)
    all += pages.length
    told += found.length
    if (!isOther) near += found.filter(({ t, page }) => Math.abs(t - times[page]!) <= 20_000).length
  }
  return [name, lectures, all, told, isOther ? '–' : near, figure(spread(cpu).median)]
}
