// npm run bench -- discovery [LAYOUTS] [FIRST-SEED]: events found in made-up formats, exact in time and value, by class; of the
// generator that discovery was made with, and of one that was written by others, from the idea alone.
import { discover } from '../packages/converter/src/discovery/discovery.ts'
import {
  type ArchiveClass,
  archiveClasses,
  type MadeUpArchive,
  madeUpArchive,
} from '../packages/converter/test/discovery/made-up-archive.ts'
import { f1, type Score, scoreOf } from '../packages/converter/test/discovery/score.ts'
import { drawFormat } from '../packages/converter/test/formats/draw-format.ts'
import { figure, spread, table } from './figures.ts'

type Drawn = Pick<MadeUpArchive, 'bytes' | 'durationMs' | 'pages' | 'events'>
type Generator = { name: string; draw: (kind: ArchiveClass, seed: number) => Drawn }

const generators: readonly Generator[] = [
  { name: 'own', draw: madeUpArchive },
  {
    name: 'independent',
    draw(kind, seed) {
      const { bytes, audioMs, pages, truth } = drawFormat(kind, seed)
      return { bytes, durationMs: audioMs, pages: pages ?? null, events: truth }
    },
  },
]

export async function benchDiscovery(args: readonly string[]): Promise<string> {
  const numbers = args.map(Number).filter(Number.isInteger)
  const layouts = numbers[0] ?? 500
  const firstSeed = numbers[1] ?? 100_000
  const judged = generators.flatMap((generator) => archiveClasses.map((kind) => ({ generator, kind })))
  const rows = judged.map(({ generator: { name, draw }, kind }) => {
    const scores: Score[] = []
    const seconds: number[] = []
    const wrong: number[] = []
    for (let seed = firstSeed; seed < firstSeed + layouts; seed++) {
      const archive = draw(kind, seed)
      const { bytes, durationMs, pages } = archive
      const before = process.cpuUsage()
      const { events } = discover({ bytes, durationMs, ...(pages === null ? {} : { pages: [pages] }) })
      seconds.push(process.cpuUsage(before).user / 1e6)
      const score = scoreOf(archive, events)
      scores.push(score)
      if (score.right < Math.max(score.wanted, score.found)) wrong.push(seed)
    }
    const time = spread(seconds)
    const falsely = scores.reduce((sum, score) => sum + score.found - score.right, 0)
    const missed = scores.reduce((sum, score) => sum + score.wanted - score.right, 0)
    console.error(`${name} ${kind}: not exact ${wrong.slice(0, 60).join(' ')}`)
    return [
      name,
      kind,
      layouts,
      kind === 'empty' ? '–' : f1(scores).toFixed(4),
      layouts - wrong.length,
      falsely,
      missed,
      figure(time.median),
      figure(time.p99),
      figure(time.max),
    ]
  })
  const head = [
    'generator',
    'class',
    'layouts',
    'F1',
    'exact',
    'false events',
    'missed',
    'CPU s an archive: median',
    'p99',
    'max',
  ]
  return `seeds from ${firstSeed}\n\n${table(head, rows)}`
}
