import { describe, expect, it } from 'vitest'
import { nonblockingOutput } from './nonblocking-output.ts'

describe('an output that nobody reads', () => {
  it('keeps a megabyte and no more, and an error of it is no end', () => {
    const heard: string[] = []
    const pipe = {
      ...{ isTTY: false, fd: 2, writableLength: 0, on: (name: string) => heard.push(name) },
      write: (text: string) => {
        pipe.writableLength += text.length
      },
    }
    const write = nonblockingOutput(pipe as unknown as NodeJS.WriteStream & { fd: 2 })
    expect(heard).toEqual(['error'])
    const answers = Array.from({ length: 2000 }, () => write('x'.repeat(1000)))
    expect(answers.filter(Boolean)).toHaveLength(1000)
    pipe.writableLength = 0
    expect(write('again')).toBe(true)
  })
})
