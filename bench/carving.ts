// npm run bench -- carving: the index of what lies between random bytes, beside foremost and scalpel on the same image
// and types. All only look: foremost writes its audit (-w), scalpel a preview (-p), Rushes its index.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomBytes } from '../packages/converter/test/extractor/image.ts'
import { makeFiles } from '../packages/converter/test/extractor/made-files.ts'
import { figure, spread, table } from './figures.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ROUNDS = 3
/** What all three know, by the ends of the files' names. */
const shared = /\.(jpe?g|png|gif|avi|wav|mov|mp4|m4a|pdf|zip|pptx|odp|ppt)$/
const sharedFormats = 'jpeg,png,gif,avi,wav,mov,mp4,m4a,pdf,zip,pptx,odp,ppt'
const foremostTypes = 'jpg,png,gif,avi,wav,mov,mp4,pdf,zip,ole'
/** Lines of the configuration that Debian's scalpel comes with, of these types, switched on. */
const scalpelLines = /^#?\s*(gif|jpg|png|avi|mov|doc|pdf|wav|zip)\s+y\s/

type File = { name: string; bytes: Uint8Array }
type Placed = { name: string; start: number; end: number }
type Carved = { start: number; end: number }
type Run = { cpu: number; carved: Carved[] }

export async function benchCarving(args: readonly string[]): Promise<string> {
  for (const peer of ['foremost', 'scalpel']) {
    if (spawnSync(peer, ['-V']).error !== undefined)
      throw new Error(`install ${peer} first (apt-get install foremost scalpel)`)
  }
  const megabytes = Number(args[0] ?? 256)
  const seed = Number(process.env['RUSHES_SEED'] ?? 20_261_122)
  const folder = mkdtempSync(join(tmpdir(), 'rushes-carving-'))
  // What Node compiled is kept from one run to the next (the peers are compiled too), and made in a run that isn't timed.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled')
  writeFileSync(join(folder, 'nothing'), '')
  rushes(join(folder, 'nothing'), '')
  try {
    const files = realFiles() ?? makeFiles()
    const some = files.filter(({ name }) => shared.test(name))
    const image = join(folder, 'shared.img')
    const placed = writeImage(image, some, megabytes, seed)
    const all = join(folder, 'all.img')
    const placedAll = writeImage(all, files, megabytes, seed + 1)
    const noise = join(folder, 'noise.img')
    writeImage(noise, [], megabytes, seed + 2)
    const scalpelConf = join(folder, 'scalpel.conf')
    writeFileSync(scalpelConf, configuration())

    const contenders: [string, (path: string, round: number) => Run][] = [
      ['Rushes', (path) => rushes(path, sharedFormats)],
      ['foremost', (path, round) => foremost(path, join(folder, `foremost-${round}`))],
      ['scalpel', (path, round) => scalpel(path, join(folder, `scalpel-${round}`), scalpelConf)],
    ]
    const speeds = new Map<string, number[]>()
    const judged = new Map<string, string[]>()
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, run] of contenders) {
        const { cpu, carved } = run(image, round)
        speeds.set(name, [...(speeds.get(name) ?? []), statSync(image).size / 1e6 / cpu])
        judged.set(name, judge(carved, placed, name === 'foremost' ? foremostSizes(image, folder) : null))
      }
    }
    const noiseFinds = contenders.map(([name, run]) => [name, run(noise, ROUNDS).carved.length] as const)
    const best = spread(speeds.get('Rushes')!).median
    const rows = contenders.map(([name]) => {
      const { median, min, max } = spread(speeds.get(name)!)
      const ratio = name === 'Rushes' ? '1' : figure(best / median)
      const inNoise = noiseFinds.find(([other]) => other === name)![1]
      return [name, `${figure(median)} (${figure(min)}–${figure(max)})`, ratio, ...judged.get(name)!, inNoise]
    })
    const everything = rushes(all, '')
    const whole = judge(everything.carved, placedAll, null)
    const noiseAll = rushes(noise, '')
    return [
      `${placed.length} files of ${some.length} kinds, ${figure(statSync(image).size / 1e6)} MB, seed ${seed}; ${ROUNDS} rounds.`,
      '',
      table(
        [
          '',
          'MB per CPU-second',
          'Rushes is × as fast',
          'found',
          'exact start and end',
          'false, between files',
          'within files',
          'in random bytes alone',
        ],
        rows,
      ),
      '',
      `Rushes, all formats, ${placedAll.length} files of ${files.length} kinds in ${figure(statSync(all).size / 1e6)} MB:`,
      '',
      table(
        [
          'MB per CPU-second',
          'found',
          'exact start and end',
          'false, between files',
          'within files',
          'random bytes alone: MB per CPU-second',
          'finds',
        ],
        [
          [
            figure(statSync(all).size / 1e6 / everything.cpu),
            ...whole,
            figure(statSync(noise).size / 1e6 / noiseAll.cpu),
            noiseAll.carved.length,
          ],
        ],
      ),
    ].join('\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The fixtures that the manifest lists, of 31 bytes and more: shorter ones are chance. */
function realFiles(): File[] | null {
  const fixtures = process.env['RUSHES_FIXTURES'] ?? join(root, '../shared/fixtures')
  const manifest = join(fixtures, 'MANIFEST.json')
  if (!existsSync(manifest)) return null
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as { files: { file: string; bytes: number }[] }
  return files
    .filter(({ bytes }) => bytes >= 31)
    .map(({ file }) => ({ name: file, bytes: readFileSync(join(fixtures, file)) }))
}

/** Random bytes with each of the files in them as often as fits, until there are so many megabytes. */
function writeImage(path: string, files: readonly File[], megabytes: number, seed: number): Placed[] {
  const size = megabytes * 1e6
  const filler = randomBytes(seed)
  const draw = randomBytes(seed ^ 0x5eed)
  const below = (limit: number) => draw(4).readUInt32LE() % limit
  const placed: Placed[] = []
  const file = openSync(path, 'w')
  let at = 0
  const put = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
    at += bytes.length
  }
  try {
    while (at < size) {
      // Half of the image is files, however large they are.
      const next = files.length === 0 ? null : files[below(files.length)]!
      put(filler(next === null ? 2 ** 20 : 1 + below(2 * next.bytes.length + 4096)))
      if (next === null) continue
      placed.push({ name: next.name, start: at, end: at + next.bytes.length })
      put(next.bytes)
    }
    put(filler(65_536))
  } finally {
    closeSync(file)
  }
  return placed
}

/** Runs a program to its end. @returns its CPU seconds, user and system, and what it wrote to stdout */
function timed(program: string, ...args: string[]): { cpu: number; stdout: string } {
  // A shell's own line in /proc has the time of the children that it waited for (proc(5), cutime and cstime, in 1/100 s).
  const script = '"$@" >"$OUT" 2>/dev/null; read line </proc/$$/stat; echo "$line"'
  const out = join(mkdtempSync(join(tmpdir(), 'rushes-timed-')), 'out')
  const done = spawnSync('sh', ['-c', script, 'sh', program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, OUT: out },
  })
  const fields = done.stdout.slice(done.stdout.lastIndexOf(')') + 2).split(' ')
  const stdout = readFileSync(out, 'utf8')
  rmSync(dirname(out), { recursive: true })
  return { cpu: (Number(fields[13]) + Number(fields[14])) / 100, stdout }
}

function rushes(image: string, formats: string): Run {
  const { cpu, stdout } = timed(process.execPath, join(root, 'bench/carving-run.ts'), image, formats)
  return { cpu, carved: JSON.parse(stdout) as Carved[] }
}

function foremost(image: string, folder: string): Run {
  const { cpu } = timed('foremost', '-w', '-Q', '-t', foremostTypes, '-o', folder, '-i', image)
  return { cpu, carved: auditedByForemost(folder).map(({ start }) => ({ start, end: start })) }
}

/** `0:	00000008.jpg	37 KB	4096` */
function auditedByForemost(folder: string): { name: string; start: number }[] {
  const audit = readFileSync(join(folder, 'audit.txt'), 'utf8')
  return [...audit.matchAll(/^\d+:\s+(\S+)\s+[\d.]+ [KMG]?B\s+(\d+)/gm)].map(([, name, start]) => {
    return { name: name!, start: Number(start) }
  })
}

let sizes: Carved[] | null = null

/** Its audit rounds sizes, so that the files themselves are asked, in a run that isn't timed. */
function foremostSizes(image: string, folder: string): Carved[] {
  if (sizes !== null) return sizes
  const out = join(folder, 'foremost-files')
  mkdirSync(out)
  spawnSync('foremost', ['-Q', '-t', foremostTypes, '-o', out, '-i', image], { stdio: 'ignore' })
  sizes = auditedByForemost(out).map(({ name, start }) => {
    const path = readdirSync(out)
      .map((type) => join(out, type, name))
      .find((candidate) => existsSync(candidate))
    return { start, end: start + (path === undefined ? 0 : statSync(path).size) }
  })
  rmSync(out, { recursive: true })
  return sizes
}

function scalpel(image: string, folder: string, configurationFile: string): Run {
  const { cpu } = timed('scalpel', '-p', '-c', configurationFile, '-o', folder, image)
  const audit = readFileSync(join(folder, 'audit.txt'), 'utf8')
  const carved = [...audit.matchAll(/^\d+\.\w+\s+(\d+)\s+\w+\s+(\d+)\s/gm)].map(([, start, length]) => {
    return { start: Number(start), end: Number(start) + Number(length) }
  })
  return { cpu, carved }
}

function configuration(): string {
  const lines = readFileSync('/etc/scalpel/scalpel.conf', 'utf8')
    .split('\n')
    .filter((line) => scalpelLines.test(line))
  return `${lines.map((line) => line.replace(/^#\s*/, '')).join('\n')}\n`
}

/** Found: something begins where a file does, or up to 8 bytes on, as peers' signatures do. */
function judge(carved: readonly Carved[], placed: readonly Placed[], exactly: readonly Carved[] | null): string[] {
  const starts = [...carved].sort((one, other) => one.start - other.start)
  const exact = new Set((exactly ?? carved).map(({ start, end }) => `${start}-${end}`))
  let found = 0
  let exactFinds = 0
  for (const { start, end } of placed) {
    if (starts.some((each) => each.start >= start && each.start <= start + 8)) found++
    if (exact.has(`${start}-${end}`)) exactFinds++
  }
  let between = 0
  let within = 0
  for (const { start } of starts) {
    const inside = placed.find((each) => start >= each.start && start < each.end)
    if (inside === undefined) between++
    else if (start > inside.start + 8) within++
  }
  return [`${found} of ${placed.length}`, `${exactFinds}`, `${between}`, `${within}`]
}
