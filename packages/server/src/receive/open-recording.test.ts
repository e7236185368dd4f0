import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bodyPath } from '../body/folder.ts'
import { newRecordingId } from '../catalog/identifiers.ts'
import { defaultReceiveLimits } from './limits.ts'
import { type Holder, type OpenRecording, openRecording } from './open-recording.ts'

let root: string
let epoch: number
beforeEach(() => {
  epoch = 0
  root = mkdtempSync(join(tmpdir(), 'rushes-open-'))
  mkdirSync(join(root, 'recordings'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const advance = async () => ++epoch
const someone = () => ({ fenced: vi.fn<Holder['fenced']>(), durable: vi.fn(), failed: vi.fn() })

function opened(quietMs = 60_000, onQuiet: (recording: OpenRecording) => void = () => {}): OpenRecording {
  const limits = { ...defaultReceiveLimits, quietMs }
  return openRecording({ id: newRecordingId(), epoch: 0, front: null, folder: { root }, limits, onQuiet })
}

describe('who follows a recording', () => {
  it('is told of bytes as they come, and that all is lost where they could not be stored', async () => {
    const recording = opened()
    const { body } = await recording.take(someone(), advance)
    const told: string[] = []
    const follower = {
      isWatched: true,
      received: (bytes: Uint8Array, offset: number) => told.push(`received ${bytes.length} at ${offset}`),
      durable: (size: number) => told.push(`durable ${size}`),
      ended: () => told.push('ended'),
      lost: () => told.push('lost'),
    }
    await recording.follow(follower)
    body.append(Buffer.from('one'), crc32('one'))
    body.append(Buffer.from('two'), crc32('onetwo'))
    await body.synced()
    expect(told).toEqual(['received 3 at 0', 'received 3 at 3', 'durable 6'])
    await body.close()
    body.append(Buffer.from('three'), crc32('onetwothree'))
    await body.synced()
    expect(told.slice(3)).toEqual(['received 5 at 6', 'lost'])
    await recording.close('gone')
  })
})

describe('the lease of a recording', () => {
  it('[N4] fences whoever had it, and the next goes on behind what that one sent', async () => {
    const recording = opened()
    const [first, second] = [someone(), someone()]
    const one = await recording.take(first, advance)
    const bytes = Buffer.from('what the first one sent')
    one.body.append(bytes, crc32(bytes))
    const two = await recording.take(second, advance)
    expect(first.fenced).toHaveBeenCalledWith('stale-epoch')
    expect(two.epoch).toBeGreaterThan(one.epoch)
    expect(two.body.durable).toEqual({ size: bytes.length, crc: crc32(bytes) })
    recording.release(first)
    expect(recording.held).toBe(true)
    await recording.close('gone')
    expect(second.fenced).toHaveBeenCalledWith('gone')
  })

  it('is not sealed for one who does not have it any more', async () => {
    const recording = opened()
    const [first, second] = [someone(), someone()]
    await recording.take(first, advance)
    await recording.take(second, advance)
    const commit = vi.fn(async () => {})
    expect(await recording.seal(commit, first)).toBe(false)
    expect(await recording.seal(commit, null)).toBe(false)
    expect(commit).not.toHaveBeenCalled()
    expect(await recording.seal(commit, second)).toBe(true)
    expect(commit).toHaveBeenCalledOnce()
  })

  it('[R2] goes back behind what a former process stored, never behind what this one acknowledged', async () => {
    const former = opened()
    const { body } = await former.take(someone(), advance)
    const bytes = Buffer.from('stored, and acknowledged by a process that is no more')
    body.append(bytes, crc32(bytes))
    await body.drained()
    await former.close('stale-epoch')

    const limits = defaultReceiveLimits
    const recording = openRecording({ id: former.id, epoch, front: null, folder: { root }, limits, onQuiet() {} })
    const holder = someone()
    await recording.take(holder, advance)
    const shorter = await recording.rewind(holder, 6, crc32(bytes.subarray(0, 6)))
    expect(shorter.durable.size).toBe(6)
    shorter.append(Buffer.from('!'), crc32(Buffer.from('stored!')))
    await shorter.drained()
    await expect(recording.rewind(holder, 6, crc32(bytes.subarray(0, 6)))).rejects.toMatchObject({
      code: 'checksum-mismatch',
    })
    await recording.close('gone')
    expect(readFileSync(bodyPath({ root }, former.id), 'utf8')).toBe('stored!')
  })
})

describe('[Q1] a recording that nobody holds', () => {
  it('is tried again when it could not be published', async () => {
    const done = await new Promise<number>((resolve) => {
      let tries = 0
      opened(30, (recording) => {
        recording
          .seal(async () => {
            if (++tries < 3) throw new Error('the database is away')
            resolve(tries)
          }, null)
          .catch(() => {})
      })
    })
    expect(done).toBe(3)
  })

  it('is tried again when its folder could not be opened', async () => {
    rmSync(join(root, 'recordings'), { recursive: true })
    writeFileSync(join(root, 'recordings'), 'in the way')
    await new Promise<void>((resolve) => {
      opened(30, (recording) => {
        recording
          .seal(async () => resolve(), null)
          .catch((error: { code: string }) => {
            expect(error.code).toBe('storage-failed')
            rmSync(join(root, 'recordings'), { force: true })
          })
      })
    })
  })

  it('is left alone while somebody is connected, however quiet', async () => {
    const onQuiet = vi.fn()
    const recording = opened(20, onQuiet)
    const holder = someone()
    await recording.take(holder, advance)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(onQuiet).not.toHaveBeenCalled()
    recording.release(holder)
    await vi.waitFor(() => expect(onQuiet).toHaveBeenCalled())
    await recording.close('gone')
  })
})
