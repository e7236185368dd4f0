import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallZip, type ZipEntry } from '../../test/small-zip.ts'
import { foundInput } from './input-folder.ts'
import { unzip } from './unzip.ts'

let folder: string
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-unzip-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const text = (content: string) => Buffer.from(content)

async function unzipped(entries: readonly ZipEntry[] | Buffer) {
  const place = join(folder, String(count++))
  await mkdir(join(place, 'out'), { recursive: true })
  await writeFile(join(place, 'a.zip'), Buffer.isBuffer(entries) ? entries : smallZip(entries))
  const { files } = await foundInput(join(place, 'a.zip'))
  expect(files[0]!.kind).toBe('application/zip')
  const out = join(place, 'out')
  return {
    ...(await unzip(files[0]!, { folder: out, prefix: '', signal: new AbortController().signal })),
    out,
    zip: files[0]!,
  }
}

describe('a zip', () => {
  it('gives its entries, what each is, and where in it the stored ones lie', async () => {
    const { files, notes, zip } = await unzipped([
      { name: 'data/', content: text('') },
      { name: 'data/a.vtt', content: text('WEBVTT\n') },
      { name: 'b.txt', content: text('b'.repeat(500)), isDeflated: true },
    ])
    expect(notes).toEqual([])
    expect(files.map(({ name, kind, size }) => [name, kind, size])).toEqual([
      ['data/a.vtt', 'text/vtt', 7],
      ['b.txt', 'text/plain', 500],
    ])
    const bytes = await readFile(zip.path)
    const { offset } = files[0]!.origin!
    expect(bytes.subarray(offset, offset + 7).toString()).toBe('WEBVTT\n')
    expect(files[1]!.origin).toBeUndefined()
  })

  it('leads nowhere else: such names and links are left out, which is said, and the rest goes on', async () => {
    const { files, notes, out } = await unzipped([
      { name: 'good', content: text('1') },
      { name: '../evil', content: text('2') },
      { name: '/etc/evil', content: text('3') },
      { name: 'a/../../evil', content: text('4') },
      { name: 'C:\\evil', content: text('5') },
      { name: 'link', content: text('/etc/passwd'), mode: 0o120777 },
      { name: 'good', content: text('6') },
      { name: 'b\\good', content: text('7') },
    ])
    expect(files.map(({ name }) => name)).toEqual(['good', 'b/good'])
    expect(notes.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'left-out'))
    expect((await readdir(folder)).filter((name) => name === 'evil')).toEqual([])
    expect((await readdir(out)).every((name) => /^\d+$/.test(name))).toBe(true)
  })

  it('that is a bomb is refused, before it fills a disk', async () => {
    const zeros = { name: 'zeros', content: Buffer.alloc(100 * 2 ** 20), isDeflated: true }
    await expect(unzipped([zeros])).rejects.toMatchObject({ code: 'too-large' })
    const twice: ZipEntry[] = [
      { name: 'x', content: text('kernel') },
      { name: 'x', content: text('kernel'), at: 0 },
    ]
    const { files } = await unzipped(twice)
    expect(files).toHaveLength(1)
  })

  it('that is cut off or lies about sizes is told to be', async () => {
    const whole = smallZip([{ name: 'a', content: text('abc') }])
    await expect(unzipped(whole.subarray(0, whole.length - 30))).rejects.toMatchObject({ code: 'unreadable' })
    const { files, notes } = await unzipped([
      { name: 'a', content: text('abc') },
      { name: 'liar', content: text('x'.repeat(100)), isDeflated: true, size: 10 },
    ])
    expect([files.map(({ name }) => name), notes.map(({ code }) => code)]).toEqual([['a'], ['left-out']])
  })
})

describe('a folder', () => {
  it('is taken without its links and hidden files, and named by what is in it', async () => {
    const place = join(folder, 'tree')
    await mkdir(join(place, 'a/b'), { recursive: true })
    await writeFile(join(place, 'a/b/c.bin'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]))
    await writeFile(join(place, '.hidden'), 'x')
    await symlink('/etc/passwd', join(place, 'passwd'))
    const { files, notes } = await foundInput(place)
    expect(files.map(({ name, kind }) => [name, kind])).toEqual([['a/b/c.bin', 'image/png']])
    expect(notes.map(({ message }) => message)).toEqual(['passwd is a link, and is left out'])
  })
})
