import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { binariesAt, findBinaries, libraryLinks, probeBinaries } from '../src/store/postgres/binaries.ts'
import { reachableBinaries } from '../src/store/postgres/binary-cache.ts'
import { choosePostgresUser } from '../src/store/postgres/postgres-user.ts'
import { newTestFolder } from './postgres-for-tests.ts'

const isRoot = process.getuid?.() === 0
const user = choosePostgresUser('')
let folder: string
let root: string
/** The package as npm leaves it when no install script has run: no library links. */
beforeEach(() => {
  folder = newTestFolder()
  chmodSync(folder, 0o755)
  root = join(folder, 'home', 'native')
  copyLinked(findBinaries().root, root)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Hard links on one disk, so nothing in the copy may be changed in place. */
function copyLinked(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyLinked(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      try {
        linkSync(source, target)
      } catch {
        copyFileSync(source, target)
      }
    }
  }
}

it('do not run without their library links; with those made, they run in place', () => {
  expect(probeBinaries(binariesAt(root), user)).toMatchObject({ problem: expect.stringContaining('libicu') })
  const { binaries, version } = reachableBinaries(binariesAt(root), [], user)
  expect(binaries.root).toBe(root)
  expect(version.major).toBe(18)
})

if (isRoot) {
  it('in a home of mode 0700, and with a narrow umask, are copied to a place that Postgres’s user can enter', () => {
    chmodSync(join(folder, 'home'), 0o700)
    const places = [join(folder, 'home', 'shut'), join(folder, 'open')]
    const umask = process.umask(0o077)
    try {
      const { binaries } = reachableBinaries(binariesAt(root), places, user)
      expect(binaries.root.startsWith(`${places[1]}/`)).toBe(true)
      expect(probeBinaries(binaries, user)).toMatchObject({ major: 18 })
      // On one disk the copy takes no space.
      expect(statSync(binaries.postgres).ino).toBe(statSync(join(root, 'bin', 'postgres')).ino)
      // A file swept away is put back.
      rmSync(join(binaries.root, 'share', 'postgresql', 'postgres.bki'))
      rmSync(join(binaries.root, 'lib', libraryLinks(root)[0]!.path.split('/').at(-1)!))
      reachableBinaries(binariesAt(root), places, user)
      expect(readdirSync(join(binaries.root, 'share', 'postgresql'))).toContain('postgres.bki')
    } finally {
      process.umask(umask)
    }
  })

  it('that only root may read are copied, not linked', () => {
    rmSync(join(root, 'bin', 'postgres'))
    copyFileSync(findBinaries().postgres, join(root, 'bin', 'postgres'))
    chmodSync(join(root, 'bin', 'postgres'), 0o700)
    const { binaries } = reachableBinaries(binariesAt(root), [join(folder, 'open')], user)
    expect(statSync(binaries.postgres).mode & 0o777).toBe(0o755)
    expect(statSync(binaries.postgres).ino).not.toBe(statSync(join(root, 'bin', 'postgres')).ino)
    expect(statSync(join(root, 'bin', 'postgres')).mode & 0o777).toBe(0o700)
  })

  it('nowhere to be run say what to do', () => {
    chmodSync(join(folder, 'home'), 0o700)
    expect(() => reachableBinaries(binariesAt(root), [join(folder, 'home', 'shut')], user)).toThrow(
      expect.objectContaining({ code: 'binaries-unreachable', advice: expect.stringContaining('chmod o+x') }),
    )
  })

  it('in a read-only folder without links are copied', () => {
    const place = join(folder, 'of-nobody')
    mkdirSync(place)
    const nobody = { uid: 65534, gid: 65534 }
    const drill = fileURLToPath(new URL('./postgres-drill-process.ts', import.meta.url))
    spawnSync('chown', ['65534:65534', place])
    const run = spawnSync(process.execPath, [drill, 'binaries', root, place], { ...nobody, cwd: '/', encoding: 'utf8' })
    expect(run.stdout).not.toContain('error')
    expect(run.stdout).toContain(`${place}/`)
  })

  it('are not put into a folder of somebody else', () => {
    chmodSync(join(folder, 'home'), 0o700)
    const taken = join(folder, 'taken')
    mkdirSync(taken)
    spawnSync('chown', ['65534:65534', taken])
    expect(() => reachableBinaries(binariesAt(root), [taken], user)).toThrow('not a folder of ours')
    expect(readdirSync(taken)).toEqual([])
  })
}
