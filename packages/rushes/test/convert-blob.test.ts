// `rushes convert` of what nobody knows, and what it learns.
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobSeed as seed, smallBlob } from '../../converter/test/small-blob.ts'
import { seededRandom } from '../../media/test/seeded-random.ts'
import { endCommands, runCommand, startCommand } from './command-for-tests.ts'

let folder: string
let environment: Record<string, string>
const blob = smallBlob()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-blob-command-'))
  environment = { RUSHES_REGISTRY: join(folder, 'registry'), RUSHES_LAYOUTS: join(folder, 'own', 'layouts.json') }
  await writeFile(join(folder, 'event.dat'), blob.bytes)
})
afterAll(async () => {
  endCommands()
  await rm(folder, { recursive: true, force: true })
})

type Shown = {
  format: string
  durationMs: number
  resources: { name: string; type: string; length: number; digest: string; offset?: number; isPresentation?: true }[]
  events: { t: number; kind: string; data: { value: number } }[]
  notes: { code: string }[]
  explain: { extracted: { count: number }[]; searched: { patterns: { kind: string }[] }[] }
}

async function run(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand(args, environment)
  expect(status, stderr + stdout).toBe(0)
  return stdout
}

const json = async <Result>(...args: string[]): Promise<Result> => JSON.parse(await run(...args, '--json')) as Result

const slides = ({ events }: Shown) =>
  events.filter(({ kind }) => kind === 'slide').map(({ t, data }) => [t, data.value])
const expected = ({ slides: all }: ReturnType<typeof smallBlob>) => all.map(({ t, value }) => [t, value])

describe(`rushes convert of an unknown format, seed ${seed}`, () => {
  it('shows the index and the matrix, and learns', async () => {
    const output = await run('convert', join(folder, 'event.dat'), '-o', join(folder, 'a.umf'), '--explain')
    const { wav, pdf } = blob.parts
    expect(output).toMatch(/^in event\.dat \([\d.]+ kB\) are 3 resources:$/m)
    expect(output).toMatch(
      new RegExp(`^${wav.offset} +${wav.offset + wav.length} .* audio +wav +0:04:00 .*\\.wav$`, 'm'),
    )
    expect(output).toMatch(new RegExp(`^${pdf.offset} +${pdf.offset + pdf.length} .* document +pdf`, 'm'))
    expect(output).toMatch(new RegExp(`^p1 +slide +[0-9a-f…]+ +${blob.slides.length} +\\d+ .* [01]\\.\\d{3}$`, 'm'))
    expect(output).toMatch(/^discover-\d+ +done .* discoverer$/m)
    expect(output).toMatch(/^info: the next archive of this kind is read at once/m)
  }, 120_000)

  it('reads the next one by what was learned, under the name that it was given', async () => {
    const { layouts } = await json<{ layouts: { signature: string }[] }>('layouts')
    expect(layouts).toHaveLength(1)
    await run('layouts', 'name', layouts[0]!.signature, 'lecture box')
    const next = smallBlob(seed + 1)
    await writeFile(join(folder, 'next.dat'), next.bytes)
    const again = await json<Shown>('convert', join(folder, 'next.dat'), '-o', join(folder, 'b.umf'), '--explain')
    expect([again.format, slides(again)]).toEqual(['learned:lecture box', expected(next)])
    const place = join(folder, 'next.dat')
    const unlearned = await json<Shown>('convert', place, '-o', join(folder, 'c.umf'), '--no-learn', '--explain')
    expect([unlearned.format, slides(unlearned)]).toEqual(['unknown', expected(next)])
    expect(unlearned.explain.extracted.map(({ count }) => count)).toEqual([3])
    expect(unlearned.explain.searched[0]!.patterns[0]!.kind).toBe('slide')
  }, 240_000)

  it('takes it from standard input, and says so where there is nothing in it', async () => {
    const random = seededRandom(seed)
    const noise = join(folder, 'noise')
    await writeFile(noise, Buffer.from(Array.from({ length: 3000 }, () => Math.floor(random() * 256))))
    const main = join(import.meta.dirname, '..', 'src', 'main.ts')
    const args = [main, 'convert', '-', '-o', join(folder, 'noise.umf'), '--explain']
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...environment },
      stdio: [openSync(noise, 'r'), 'pipe', 'ignore'],
    })
    const output = await text(child.stdout!)
    expect(output).toMatch(/^in input \(3\.0 kB\) no resource was found$/m)
    expect(output).toMatch(/^in 3\.0 kB of input that nobody knows nothing was found that repeats/m)
  }, 60_000)

  it('that is killed at any moment goes on when it is run again, and ends with the same', async () => {
    const random = seededRandom(seed)
    const place = join(folder, 'killed.umf')
    const args = ['convert', join(folder, 'event.dat'), '-o', place, '--no-learn', '--json']
    const whole = await json<Shown>('convert', join(folder, 'event.dat'), '-o', join(folder, 'whole.umf'), '--no-learn')
    let kills = 0
    for (let round = 0; round < 5; round++) {
      const command = startCommand(args, environment)
      const tasks = 1 + Math.floor(random() * 3)
      await command.says(new RegExp(`(?:done [^\\n]*\\n[^]*){${tasks}}`)).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, random() * 300))
      command.signal('SIGKILL')
      if ((await command.ended).signal === 'SIGKILL') kills++
    }
    const again = await json<Shown>(...args.slice(0, -1), '--force')
    const lasting = ({ resources, events, notes, format, durationMs }: Shown) => ({
      ...{ format, durationMs, events, notes },
      resources: resources.map(({ isPresentation = false, ...rest }) => ({
        ...rest,
        ...(isPresentation && { digest: '' }),
      })),
    })
    expect(lasting(again), `seed ${seed}, ${kills} kills`).toEqual(lasting(whole))
    expect((await readdir(folder)).filter((name) => name.endsWith('.work'))).toEqual([])
  }, 300_000)
})

describe('rushes layouts', () => {
  const codeOf = async (...args: string[]): Promise<unknown[]> => {
    const { status, stdout } = await runCommand([...args, '--json'], environment)
    return [status, (JSON.parse(stdout) as { error: { code: string } }).error.code]
  }

  it('are exported, forgotten and imported again', async () => {
    const file = join(folder, 'shared.json')
    await run('layouts', 'export', 'lecture box', '-o', file)
    expect(await json('layouts', 'forget', 'lecture box')).toMatchObject({ name: 'lecture box', layouts: 0 })
    expect(await run('layouts')).toMatch(/^nothing was learned yet/)
    expect(await json('layouts', 'import', file)).toEqual({ imported: 1, known: 0, layouts: 1 })
    expect(await json('layouts', 'import', file)).toEqual({ imported: 0, known: 1, layouts: 1 })
    expect(await run('layouts', 'list')).toMatch(/lecture box +slide +[0-9a-f]+/)
    expect(await run('layouts', 'export')).toBe(await readFile(file, 'utf8'))
  })

  it('refuses what is none, and leaves what there is', async () => {
    const own = environment['RUSHES_LAYOUTS']!
    const before = await readFile(own, 'utf8')
    const bad = join(folder, 'bad.json')
    await writeFile(bad, '{"version":1,"layouts":[{"signature":"x"}]}')
    expect(await codeOf('layouts', 'import', bad)).toEqual([1, 'unreadable'])
    await writeFile(bad, ' '.repeat(5 * 2 ** 20))
    expect(await codeOf('layouts', 'import', bad)).toEqual([1, 'too-large'])
    expect(await codeOf('layouts', 'import', '/nowhere/at/all')).toEqual([1, 'no-such-file'])
    expect(await codeOf('layouts', 'forget', 'nobody')).toEqual([1, 'no-such-layout'])
    expect(await codeOf('layouts', 'name', 'lecture box', '\n')).toEqual([2, 'misused'])
    expect(await readFile(own, 'utf8')).toBe(before)
    expect((await readdir(join(folder, 'own'))).filter((name) => name !== 'layouts.json')).toEqual([])
  })

  it('that were damaged stop no conversion', async () => {
    await writeFile(environment['RUSHES_LAYOUTS']!, '{')
    expect(await codeOf('layouts')).toEqual([1, 'unreadable-layouts'])
    const tiny = join(folder, 'tiny.log')
    await writeFile(tiny, 'nothing much happened here, and nobody wrote down when\n')
    const { notes } = await json<Shown>('convert', tiny, '-o', join(folder, 'tiny.umf'))
    expect(notes.map(({ code }) => code)).toContain('not-learned')
  })
})
