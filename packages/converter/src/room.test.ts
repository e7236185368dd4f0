import type { JobState, Resource } from '@rushes/pipeline'
import { describe, expect, it } from 'vitest'
import { MOST_FILES } from './input/found-file.ts'
import { RoomCount } from './room.ts'

const file = (depth: number, bytes: number): Resource => ({
  ...{ name: `file:${depth}/${bytes}`, kind: 'file/text/plain', bytes },
  data: { depth },
})
/** Of a job, nothing but what has come is looked at. */
const jobOf = (added: Resource[]): JobState => ({ added }) as unknown as JobState

describe('what may come out of archives', () => {
  it('is bounded over the whole job: files, and bytes by what was given', () => {
    const added = [file(0, 1000)]
    const job = jobOf(added)
    const room = new RoomCount()
    expect(room.left(job)).toEqual({ files: MOST_FILES - 1, bytes: 2 ** 30 + 250_000 })
    added.push(file(1, 2 ** 29), file(2, 2 ** 29), { name: 'reading', kind: 'reading', data: {} })
    expect(room.left(job)).toEqual({ files: MOST_FILES - 3, bytes: 250_000 })
    added.push(...Array.from({ length: MOST_FILES }, () => file(3, 100)))
    expect(room.left(job)).toEqual({ files: 0, bytes: 0 })
  })

  it('is counted anew for another run of the job', () => {
    const room = new RoomCount()
    room.left(jobOf([file(0, 10), file(1, 1000)]))
    expect(room.left(jobOf([file(0, 10)]))).toEqual({ files: MOST_FILES - 1, bytes: 2 ** 30 + 2500 })
    expect(room.left(null)).toEqual({ files: MOST_FILES, bytes: 2 ** 30 })
  })
})
