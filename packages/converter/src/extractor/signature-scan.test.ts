import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anchors } from './anchors.ts'
import { nextText, SignatureScan } from './signature-scan.ts'

describe('the scan for signatures', () => {
  it('meets each of them at every place, even and odd', () => {
    // Packets are told by those that follow them.
    const wanted = anchors.filter(({ signature }) => signature.length > 1).map(({ check: _, ...anchor }) => anchor)
    const scan = new SignatureScan(wanted)
    fc.assert(
      fc.property(fc.nat(wanted.length - 1), fc.nat(500), fc.nat(255), (which, at, noise) => {
        const { signature, offset } = wanted[which]!
        const bytes = Buffer.alloc(1024, noise)
        bytes.set(
          signature.map((values) => values[0]!),
          at,
        )
        const pairs = new Uint16Array(bytes.buffer, bytes.byteOffset, 512)
        const starts: number[] = []
        for (let from = 0; ; ) {
          const hit = scan.next(bytes, pairs, from, 512, 1024)
          if (hit === null) break
          for (const { anchor, start } of hit.hits) if (anchor.signature === signature) starts.push(start)
          from = hit.pair + 1
        }
        expect(starts).toContain(at - offset)
      }),
    )
  })

  it('sees every run of plain text that is long enough, and none in other bytes', () => {
    fc.assert(
      fc.property(fc.nat(900), fc.integer({ min: 31, max: 80 }), (at, length) => {
        const bytes = Buffer.alloc(1024, 0x80)
        bytes.fill('a', at, at + length)
        const met = nextText(bytes, 0, 1024)
        expect(met).toBeGreaterThanOrEqual(at)
        expect(met + 16).toBeLessThanOrEqual(at + length)
      }),
    )
    expect(nextText(Buffer.alloc(1024, 0x80), 0, 1024)).toBe(-1)
  })
})
