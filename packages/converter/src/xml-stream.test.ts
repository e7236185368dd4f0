import { describe, expect, it } from 'vitest'
import { XmlStream } from './xml-stream.ts'

const silent = { open() {}, text() {}, close() {} }
const pieceLetters = 256 * 1024

describe('XML in pieces', () => {
  it.each([
    ['a text', '<a>', 'b'],
    ['a name', '<', 'b'],
    ['a value', '<a b="', 'c'],
    ['a tag of values', '<a', ' b=""'],
    ['a comment', '<a><!--', 'b'],
    ['an instruction', '<?a ', 'b'],
    ['a section', '<a><![CDATA[', 'b'],
    ['a document type', '<!DOCTYPE a [', ' '],
    ['references', '<a>', '&amp;'],
  ])('of a gigabyte, with %s that does not end, is refused within its first 5 MiB', (_what, begin, letters) => {
    const piece = letters.repeat(Math.ceil(pieceLetters / letters.length))
    const stream = new XmlStream(silent)
    let given = 0
    const give = (): void => {
      stream.push(begin)
      for (; given < 2 ** 30; given += piece.length) stream.push(piece)
    }
    expect(give).toThrow(/over 4194304 letters|not well-formed/)
    expect(given).toBeLessThan(5 * 2 ** 20)
  })

  it('of any length is read where something is told of again and again', () => {
    let elements = 0
    const stream = new XmlStream({ ...silent, open: () => elements++ })
    const piece = `<b c="${'d'.repeat(1000)}">e</b><!-- f --><?g h?>`.repeat(200)
    stream.push('<a>')
    for (let count = 0; count < 40; count++) stream.push(piece)
    stream.push('</a>')
    stream.end()
    expect(elements).toBe(1 + 200 * 40)
  })
})
