import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatches, type Extent, isPatched, makeLayout, type PatchTable, sliceLayout } from './layout.ts'
import { MediaError } from './media-error.ts'

type Patch = { offset: number; width: 4 | 7 | 8; value: number }

function table(patches: readonly Patch[]): PatchTable {
  return {
    count: patches.length,
    offsetAt: (index) => patches[index]!.offset,
    widthAt: (index) => patches[index]!.width,
    valueAt: (index) => patches[index]!.value,
  }
}

/** The bytes of pieces over `body`, patched. */
function bytesOf(pieces: readonly Extent[], body: Uint8Array, patches: PatchTable | null): number[] {
  return pieces.flatMap((piece) => {
    if (piece.kind === 'bytes') return [...piece.bytes]
    const bytes = body.slice(piece.offset, piece.offset + piece.length)
    applyPatches(patches, piece.offset, bytes)
    return [...bytes]
  })
}

const BODY = 200
const body = Uint8Array.from({ length: BODY }, (_, at) => at)

const extents: fc.Arbitrary<Extent[]> = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map((bytes): Extent => ({ kind: 'bytes', bytes })),
    fc
      .tuple(fc.nat(BODY), fc.nat(60))
      .map(([offset, length]): Extent => ({ kind: 'body', offset, length: Math.min(length, BODY - offset) })),
  ),
  { maxLength: 8 },
)

/** Patches that rise and don't overlap; values up to the width, or to what numbers hold. */
const patches: fc.Arbitrary<Patch[]> = fc
  .array(fc.tuple(fc.nat(12), fc.constantFrom<4 | 7 | 8>(4, 7, 8), fc.maxSafeNat()), { maxLength: 10 })
  .map((rows) => {
    let end = 0
    return rows.map(([gap, width, value]) => {
      const offset = end + gap
      end = offset + width
      return { offset, width, value: value % 2 ** (8 * width) }
    })
  })
  .map((rows) => rows.filter(({ offset, width }) => offset + width <= BODY))

describe('a layout', () => {
  it('has the size of its extents', () => {
    fc.assert(
      fc.property(extents, (each) => {
        const layout = makeLayout('video/mp4', each)
        expect(bytesOf(each, body, null).length).toBe(layout.size)
      }),
    )
  })

  it('gives any range as the same bytes of the whole, patches cut anywhere', () => {
    fc.assert(
      fc.property(extents, patches, fc.nat(1000), fc.nat(1000), (each, rows, a, b) => {
        const layout = makeLayout('video/mp4', each, table(rows))
        const whole = bytesOf(each, body, layout.patches)
        const [start, end] = [a % (layout.size + 1), b % (layout.size + 1)].sort((x, y) => x - y) as [number, number]
        expect(bytesOf(sliceLayout(layout, start, end), body, layout.patches)).toEqual(whole.slice(start, end))
      }),
      { numRuns: 500 },
    )
  })

  it('lays big-endian values over the body and touches nothing else', () => {
    fc.assert(
      fc.property(patches, (rows) => {
        const patched = body.slice()
        applyPatches(table(rows), 0, patched)
        const expected = body.slice()
        for (const { offset, width, value } of rows) {
          const digits = BigInt(value)
            .toString(16)
            .padStart(width * 2, '0')
          expected.set(Buffer.from(digits, 'hex'), offset)
        }
        expect([...patched]).toEqual([...expected])
      }),
    )
  })

  it('says of any range whether a patch touches it', () => {
    fc.assert(
      fc.property(patches, fc.nat(BODY), fc.nat(BODY), (rows, offset, length) => {
        const touching = rows.some((row) => row.offset < offset + length && row.offset + row.width > offset)
        expect(isPatched(table(rows), offset, length)).toBe(length > 0 && touching)
      }),
    )
  })

  it.each([
    [-1, 1],
    [2, 1],
    [0, 11],
    [11, 12],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
  ])('refuses bytes %d to %d of 10', (start, end) => {
    const layout = makeLayout('video/mp4', [{ kind: 'body', offset: 0, length: 10 }])
    expect(() => sliceLayout(layout, start, end)).toThrowError(
      expect.objectContaining({ constructor: MediaError, code: 'out-of-range' }),
    )
  })
})
