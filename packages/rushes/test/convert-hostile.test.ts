// Whatever is put into `rushes convert`: clear notes, bounded memory, and nothing written but the output.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkArchive } from '@rushes/umf'
import { nodeSha256, openFile } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endCommands, startCommand } from './command-for-tests.ts'
import { hostileInputs } from './hostile-inputs.ts'

const secretText = 'nobody has given this to anybody'
/** Of the command's process: a GiB of anything does not fit. */
const mostMebibytes = 640

let folder: string
let reached = 0
const server = createServer((socket) => {
  reached++
  socket.destroy()
})
let url: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-ill-'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
})
afterAll(async () => {
  endCommands()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

type Shown = {
  resources: { name: string }[]
  notes: { severity: string; code: string; message: string }[]
}

describe('rushes convert of what was made to harm', () => {
  it.each(hostileInputs)(
    '$what',
    async ({ make, args = [], notes, kept = [], left = [] }) => {
      const around = await mkdtemp(join(folder, 'case-'))
      const places = Object.fromEntries(['in', 'out', 'own', 'tmp', 'secret'].map((name) => [name, join(around, name)]))
      for (const place of Object.values(places)) await mkdir(place)
      const secret = join(places['secret']!, 'secret.txt')
      await writeFile(secret, secretText)
      const input = await make({ folder: places['in']!, secret, url })
      const before = await treeOf(around)
      const own = places['own']!
      const output = join(places['out']!, 'made.umf')
      const command = startCommand(['convert', input, '-o', output, ...args, '--json'], {
        ...{ RUSHES_REGISTRY: join(own, 'registry'), RUSHES_LAYOUTS: join(own, 'layouts.json') },
        ...{ HOME: own, XDG_DATA_HOME: own, TMPDIR: places['tmp']! },
      })
      const peak = await peakMebibytes(command)
      expect((await command.ended).status, command.stderr + command.stdout.slice(0, 5000)).toBe(0)
      const made = JSON.parse(command.stdout) as Shown

      for (const [code, message] of notes)
        expect(
          made.notes.some((note) => note.code === code && message.test(note.message)),
          `${code} ${message} among ${JSON.stringify(made.notes.slice(0, 20))}`,
        ).toBe(true)
      expect(made.notes.length).toBeLessThan(1000)
      const names = made.resources.map(({ name }) => name)
      // What turns out to be whole is called by what it is, too.
      expect(kept.filter((name) => !names.some((each) => each === name || each.startsWith(`${name}.`)))).toEqual([])
      expect(left.filter((name) => names.includes(name))).toEqual([])

      if (peak !== null) expect(peak).toBeLessThan(mostMebibytes)
      expect(reached).toBe(0)
      const after = await treeOf(around)
      const added = [...after.keys()].filter((name) => !before.has(name) && !name.startsWith('own/'))
      expect(added).toEqual(['out/made.umf'])
      for (const [name, digest] of before) expect([name, after.get(name)]).toEqual([name, digest])
      await using source = await openFile(output)
      expect((await checkArchive(source, { sha256: nodeSha256 })).problems).toEqual([])
      if (source.size < 2 ** 28) expect((await readFile(output)).includes(secretText)).toBe(false)
      await rm(around, { recursive: true, force: true })
    },
    180_000,
  )
})

/** The most that it ever had in memory at once; null where nobody says. */
async function peakMebibytes({ pid, ended }: ReturnType<typeof startCommand>): Promise<number | null> {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return null
  let peak = 0
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!isOver) {
    try {
      const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(path, 'utf8'))?.[1]
      peak = Math.max(peak, Number(kibibytes ?? 0) / 1024)
    } catch {
      // It has ended in between.
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return peak
}

/** Every file below, by its path, with what it is: contents of those that are small, else size and time. */
async function treeOf(place: string, prefix = ''): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of (await readdir(join(place, prefix))).sort()) {
    const own = `${prefix}${name}`
    const path = join(place, own)
    const standing = await lstat(path)
    if (standing.isDirectory()) for (const entry of await treeOf(place, `${own}/`)) found.set(...entry)
    else if (standing.isSymbolicLink()) found.set(own, `link to ${await readlink(path)}`)
    else if (!standing.isFile() || standing.size > 2 ** 24) found.set(own, `${standing.size} ${standing.mtimeMs}`)
    else found.set(own, createHash('sha256').update(readFileSync(path)).digest('hex'))
  }
  return found
}
