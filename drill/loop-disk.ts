// Disks that can be filled, made to fail and cut off: file systems in image files. Root only.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pause, runProgram, type Scene } from './scene.ts'

export const diskPrograms: readonly string[] = ['mount', 'umount', 'mkfs.ext4', 'fallocate']

export interface LoopDisk {
  /** Where it is mounted. */
  readonly path: string
  readonly image: string
  /** Unmounts and mounts it again: what is read then comes from the disk, not from memory. */
  remount(): void
  unmount(): void
}

let disks = 0

/** Mounts the image, and unmounts it at the end of the scene. */
export function mountImage(scene: Scene, image: string, options = 'loop'): LoopDisk {
  const path = join(scene.folder, `disk-${++disks}`)
  mkdirSync(path)
  runProgram('mount', ['-o', options, image, path])
  let mounted = true
  const unmount = (): void => {
    if (!mounted) return
    // A process that was killed a moment ago may still hold it.
    for (let tries = 0; tries < 50; tries++) {
      if (spawnSync('umount', [path]).status === 0) {
        mounted = false
        return
      }
      pause(100)
    }
    spawnSync('umount', ['-l', path])
    mounted = false
  }
  scene.onEnd(unmount)
  return {
    path,
    image,
    unmount,
    remount() {
      unmount()
      runProgram('mount', ['-o', options, image, path])
      mounted = true
    },
  }
}

/** A sparse ext4 in `folder`. Without a journal a failing disk loses data writes, not the whole file system. */
export function makeExt4(scene: Scene, folder: string, megabytes: number, journal = true): LoopDisk {
  const image = join(folder, `ext4-${disks}.img`)
  closeSync(openSync(image, 'w'))
  truncateSync(image, megabytes * 1024 * 1024)
  const features = journal ? [] : ['-b', '4096', '-O', '^has_journal', '-N', '512', '-E', 'lazy_itable_init=0']
  runProgram('mkfs.ext4', ['-q', '-F', '-m', '0', ...features, image])
  return mountImage(scene, image)
}

/** An XFS in a sparse image: its files can be copied in one instant, by reference. */
export function makeXfs(scene: Scene, megabytes: number): LoopDisk {
  const image = join(scene.folder, `xfs-${disks}.img`)
  closeSync(openSync(image, 'w'))
  truncateSync(image, megabytes * 1024 * 1024)
  runProgram('mkfs.xfs', ['-q', '-m', 'reflink=1', image])
  return mountImage(scene, image)
}

export function makeTmpfs(scene: Scene, megabytes: number): string {
  const path = join(scene.folder, `tmpfs-${++disks}`)
  mkdirSync(path)
  runProgram('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path])
  scene.onEnd(() => void spawnSync('umount', [path]))
  return path
}

const ballastName = 'ballast'
const mebibyte = 1024 * 1024

/** Takes all but `leave` bytes of a disk without writing them. */
export function fillDisk(path: string, leave: number): void {
  const { bavail, bsize } = statfsSync(path)
  // The list of what the ballast takes needs a block of its own.
  const bytes = bavail * bsize - Math.max(leave, mebibyte)
  if (bytes > 0) runProgram('fallocate', ['-l', String(bytes), join(path, ballastName)])
  if (leave === 0) fillToTheBrim(path)
}

/** Takes the very last byte. */
export function fillToTheBrim(path: string): void {
  const fd = openSync(join(path, ballastName), 'a')
  const block = Buffer.alloc(64 * 1024)
  try {
    for (;;) writeSync(fd, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(fd)
  }
}

export function emptyDisk(path: string): void {
  rmSync(join(path, ballastName), { force: true })
}
