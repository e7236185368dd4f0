import { describe, expect, it } from 'vitest'
import { itemProblem } from '../src/item.ts'
import { nameProblem } from '../src/item-name.ts'

const digest = `sha256:${'0a'.repeat(32)}`
const sound = { name: 'a/b.txt', type: 'notes', contentType: 'text/plain', length: 5, digest, extents: [[9000, 5]] }

describe('an item', () => {
  it('[Items] has the members of the table, and others that nobody knows', () => {
    const { extents: _, length: __, digest: ___, ...bare } = sound
    for (const item of [
      sound,
      {
        ...sound,
        length: 12,
        extents: [
          [9000, 5],
          [9100, 7],
        ],
      },
      { ...sound, length: 0, extents: [] },
      { ...bare, length: 3, digest, inline: [4, 3] },
      { ...bare, pointer: 'https://example.org/x' },
      { ...sound, level: 0, limits: { group: ['a'], odd: 7 }, startMs: 0.125, endMs: 0.125, title: '', language: 'de' },
      { ...sound, requires: [{ for: 'show', module: 'urn:x' }], encryption: { module: 'urn:y', nonce: 'z' } },
      {
        ...sound,
        from: { items: ['a'], by: 'hand' },
        metadata: { a: { b: 1 } },
        extensions: [{ name: 'x', data: 'AA==' }],
      },
      { ...sound, 'x-unknown': { deep: [1] }, level: undefined, ['__proto__']: 7 },
      JSON.parse('{"name":"a","type":"x","contentType":"a/b; c=d","pointer":"p","__proto__":{"level":-1}}'),
    ]) {
      expect(itemProblem(item), JSON.stringify(item)).toBeNull()
    }
  })

  it('[Items, E1, E2] is none with a member that is not as the table has it', () => {
    const wrong: Record<string, unknown[]> = {
      name: [
        undefined,
        null,
        7,
        '',
        '/a',
        'a//b',
        'a/',
        '..',
        'a/../b',
        'a:b',
        'a\\b',
        'a\nb',
        'x'.repeat(256),
        'e\u0301',
      ],
      type: [undefined, null, '', 'Slide', 'x'.repeat(33), 'a b', 1],
      contentType: [undefined, null, 'text', 'text/', 'text/plain\n', `text/${'x'.repeat(255)}`, []],
      length: [undefined, null, -1, 0.5, '5', 2 ** 53, 6],
      digest: [undefined, null, digest.slice(1), digest.toUpperCase(), `${digest}0`, {}],
      extents: [
        undefined,
        null,
        {},
        [9000, 5],
        [[9000]],
        [[9000, 5, 1]],
        [[9000, 0]],
        [[-1, 5]],
        [['9000', 5]],
        [[9000, 4]],
      ],
      level: [null, -1, 1.5, '7', 2 ** 31 + 1],
      limits: [null, [], 'x'],
      title: [null, 7, 'x'.repeat(10_001)],
      language: [null, {}, 'x'.repeat(101)],
      startMs: [null, -1, Number.NaN, '1', 1e13],
      requires: [null, {}, [{ for: 'fun', module: 'urn:x' }], [{ for: 'show' }]],
      encryption: [null, {}, { module: '' }],
      from: [null, { items: ['../a'], by: 'x' }, { items: [] }],
      metadata: [null, 7, []],
      extensions: [null, {}, [{ name: '', data: '' }], [{ name: 'x', data: '?' }]],
    }
    for (const [member, values] of Object.entries(wrong)) {
      for (const value of values) {
        expect(itemProblem({ ...sound, [member]: value }), `${member}: ${String(value)}`).not.toBeNull()
      }
    }
    for (const item of [null, undefined, 7, 'x', [], [sound]]) expect(itemProblem(item)).not.toBeNull()
    expect(itemProblem({ ...sound, pointer: 'x' })).not.toBeNull()
    expect(itemProblem({ ...sound, startMs: 2, endMs: 1 })).not.toBeNull()
    expect(itemProblem({ ...sound, extents: undefined, inline: [0, 4] })).not.toBeNull()
  })

  it('[E1] has a name as the rule says, whichever way that is told', () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    let random = seed
    const next = (count: number) => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0
      return Math.floor((random / 2 ** 32) * count)
    }
    const letters = [
      'a',
      'B',
      '7',
      '_',
      '-',
      '.',
      '.',
      ' ',
      '/',
      '/',
      ':',
      '\\',
      '\u0007',
      '\u007f',
      'é',
      'e\u0301',
      '😀',
      '?',
    ]
    for (let trial = 0; trial < 20_000; trial++) {
      const name = Array.from({ length: next(6) }, () => letters[next(trial % 2 === 0 ? 10 : letters.length)]).join('')
      const isGood =
        name !== '' &&
        Buffer.byteLength(name) <= 255 &&
        ![...name].some((letter) => letter < ' ' || letter === '\u007f' || letter === '\\' || letter === ':') &&
        name.normalize('NFC') === name &&
        name.split('/').every((part) => part !== '' && !part.endsWith('.') && !part.endsWith(' '))
      expect(nameProblem(name) === null, `seed ${seed}: ${JSON.stringify(name)}`).toBe(isGood)
    }
    expect(nameProblem('é'.repeat(128))).not.toBeNull()
  })
})
