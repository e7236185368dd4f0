import type { Order } from './number-form.ts'
import type { Draw } from './seeded-draw.ts'
import { drawEpoch, type TimeCode } from './time-code.ts'

export type FormatKind = 'plain' | 'mixed' | 'units' | 'empty'

/** What a product's own conventions leave open. */
export interface BinaryChoice {
  orders?: readonly Order[]
  /** Of numbers in ms. */
  widths?: readonly number[]
  /** Only the widths and floats that a serialiser has: 4 and 8 bytes. */
  even?: boolean
}

const BETWEEN_1601_AND_1970_MS = 11_644_473_600_000n
const BETWEEN_1_AND_1970_MS = 62_135_596_800_000n

export function binaryTime(draw: Draw, kind: FormatKind, choice: BinaryChoice = {}): TimeCode {
  const order = draw.pick(choice.orders ?? (['le', 'be'] as const))
  const ms = (width: number, start = 0n, origin: TimeCode['origin'] = 'zero'): TimeCode => ({
    form: 'int',
    unit: 'ms',
    width,
    order,
    start,
    origin,
  })
  const allUnits = kind === 'units' || (kind === 'empty' && draw.chance(0.5))
  if (!allUnits) return ms(draw.pick(choice.widths ?? [4, 4, 4, 4, 4, 8, 8, 3, 5, 6, 7]))
  const away = draw.pick(['head', 'head', 'first'] as const)
  const epoch = BigInt(drawEpoch(draw))
  const fine = BigInt(draw.whole(0, 9999))
  const even = choice.even === true
  const drawn = draw.pick<() => TimeCode>([
    () => ms(draw.pick(choice.widths ?? [3, 4, 8])),
    // GetTickCount, System.currentTimeMillis
    () => ms(4, BigInt(draw.whole(0x100000, 0x7000_0000)), away),
    () => ms(even ? 8 : draw.pick([6, 8, 8]), epoch, away),
    () => ({ form: 'int', unit: 'us', width: even ? 8 : draw.pick([5, 6, 8, 8]), order, start: 0n, origin: 'zero' }),
    () => ({ form: 'int', unit: 'us', width: 8, order, start: epoch * 1000n + fine / 10n, origin: away }),
    () => ({ form: 'int', unit: '100ns', width: even ? 8 : draw.pick([6, 8, 8]), order, start: 0n, origin: 'zero' }),
    // FILETIME, .NET ticks
    () => {
      const since = draw.pick([BETWEEN_1601_AND_1970_MS, BETWEEN_1601_AND_1970_MS, BETWEEN_1_AND_1970_MS])
      return { form: 'int', unit: '100ns', width: 8, order, start: (epoch + since) * 10_000n + fine, origin: away }
    },
    () => ({ form: 'float', unit: 's', width: 4, order, start: 0n, origin: 'zero' }),
    () => ({ form: 'float', unit: 's', width: 8, order, start: 0n, origin: 'zero' }),
    () => ({ form: 'float', unit: 's', width: 8, order, start: epoch, origin: away }),
  ])
  return drawn()
}

export function textTime(draw: Draw, kind: FormatKind): TimeCode {
  const zero = { start: 0n, origin: 'zero' as const }
  const allUnits = kind === 'units' || (kind === 'empty' && draw.chance(0.5))
  if (!allUnits) return { form: 'digits', unit: 'ms', pad: draw.pick([0, 0, 0, 7, 8, 10]), ...zero }
  const origin = draw.pick(['head', 'head', 'first'] as const)
  const epoch = BigInt(drawEpoch(draw))
  const styles = ['hh:mm:ss.mmm', 'hh:mm:ss.mmm', 'hh:mm:ss,mmm', 'h:mm:ss.mmm', 'mm:ss.mmm', 'hh:mm:ss'] as const
  const drawn = draw.pick<() => TimeCode>([
    () => ({ form: 'digits', unit: 'ms', pad: draw.pick([0, 8]), ...zero }),
    () => ({ form: 'digits', unit: 'ms', pad: 0, start: epoch, origin }),
    () => ({ form: 'digits', unit: 'us', pad: draw.pick([0, 12]), ...zero }),
    () => ({ form: 'digits', unit: 'us', pad: 0, start: epoch * 1000n + BigInt(draw.whole(0, 999)), origin }),
    () => ({ form: 'digits', unit: '100ns', pad: draw.pick([0, 12]), ...zero }),
    () => ({ form: 'seconds', decimals: draw.pick([3, 3, 6] as const), ...zero }),
    () => ({ form: 'seconds', decimals: draw.pick([3, 6] as const), start: epoch, origin }),
    () => ({ form: 'clock', style: draw.pick(styles), ...zero }),
    () => ({ form: 'clock', style: draw.pick(styles), ...zero }),
    // The clock on the wall: 8 to 18 h, so that no meeting runs past midnight.
    () => {
      const style = draw.pick(['hh:mm:ss.mmm', 'hh:mm:ss,mmm', 'hh:mm:ss'] as const)
      const ofDay = epoch % 86_400_000n
      return { form: 'clock', style, start: style === 'hh:mm:ss' ? ofDay - (ofDay % 1000n) : ofDay, origin }
    },
    () => ({ form: 'date', style: draw.pick(['T.Z', ' .', '/.'] as const), start: epoch, origin }),
    () => ({ form: 'date', style: draw.pick(['T.Z', ' .', '/.'] as const), start: epoch, origin }),
  ])
  return drawn()
}
