import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { isProcessAlive, ownIdentity } from './process-identity.ts'
import { makeWorkFolder, sweepWorkFolders } from './work-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'rushes-sweep-'))
let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(root, 'parent-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Another process makes a work folder with a file in it, and is still there. */
async function other(): Promise<{ path: string; end(): Promise<void> }> {
  const module = JSON.stringify(fileURLToPath(new URL('./work-folder.ts', import.meta.url)))
  const source = `import { makeWorkFolder } from ${module}
    const folder = makeWorkFolder(null, ${JSON.stringify(parent)})
    folder.newFile('half')
    process.stdout.write(folder.path)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const path = await new Promise<string>((resolve) => child.stdout.once('data', (bytes) => resolve(String(bytes))))
  return {
    path,
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe('what a killed process left behind', () => {
  it('goes with the next one that wants a folder there, and what living ones have stays', async () => {
    const [living, killed] = [await other(), await other()]
    try {
      await killed.end()
      const own = makeWorkFolder(null, parent)
      own.newFile('input')
      expect(readdirSync(parent).sort()).toEqual([living.path, own.path].map((path) => basename(path)).sort())
      sweepWorkFolders(parent)
      expect(readdirSync(own.path)).toEqual(['input'])
      expect(readdirSync(living.path)).toEqual(['half'])
    } finally {
      await living.end()
    }
    sweepWorkFolders(parent)
    expect(existsSync(living.path)).toBe(false)
  })

  it('is left alone where it can’t be told whose it is', () => {
    const { pid, startedAt, world } = ownIdentity()
    const names = [
      'rushes-work-abcdef',
      `rushes-work-999999999-1-${'0'.repeat(12)}-abcdef`, // of another machine or container
      `rushes-work-${pid}-${startedAt}-${world}-abcdef`,
      `rushes-work-999999999-1-${world}-abcdef.old`,
      'something else',
    ]
    for (const name of names) mkdirSync(join(parent, name))
    sweepWorkFolders(parent)
    expect(readdirSync(parent).sort()).toEqual(names.sort())
  })

  it('[pid given anew] is that of a process that began at another time', () => {
    const own = ownIdentity()
    expect(isProcessAlive(own)).toBe(true)
    expect(isProcessAlive({ ...own, startedAt: own.startedAt + 1 })).toBe(false)
    expect(isProcessAlive({ ...own, pid: 999_999_999 })).toBe(false)
    expect(isProcessAlive({ ...own, world: '0'.repeat(12) })).toBeNull()
  })

  it('leads nowhere: no link is followed, and what was never ours to make stays', () => {
    const { world } = ownIdentity()
    const name = (letters: string) => join(parent, `rushes-work-999999999-1-${world}-${letters}`)
    const precious = join(parent, 'precious')
    mkdirSync(precious)
    writeFileSync(join(precious, 'file'), 'kept')
    symlinkSync(precious, name('linked'))
    mkdirSync(name('filled'))
    symlinkSync(precious, join(name('filled'), 'link'))
    symlinkSync(join(precious, 'file'), join(name('filled'), 'other'))
    mkdirSync(join(name('nested'), 'within'), { recursive: true })
    sweepWorkFolders(parent)
    expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('kept')
    expect(existsSync(name('filled'))).toBe(false)
    expect(existsSync(join(name('nested'), 'within'))).toBe(true)
    expect(existsSync(name('linked'))).toBe(true)
  })

  it('is no reason to fail where nothing can be listed', () => {
    expect(() => sweepWorkFolders(join(parent, 'no such folder'))).not.toThrow()
  })
})
