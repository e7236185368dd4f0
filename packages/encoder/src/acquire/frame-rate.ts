/** Rates that are no whole numbers (SMPTE ST 2036-1 and its like). */
const fractional = [24_000 / 1001, 30_000 / 1001, 48_000 / 1001, 60_000 / 1001, 120_000 / 1001]

/** Frames a second by what a segment holds, as the usual rate that it means, else with two decimals. */
export function frameRateOf(samples: number, seconds: number): number {
  const measured = samples / seconds
  const usual = [Math.round(measured), ...fractional].find(
    (rate) => rate > 0 && Math.abs(rate - measured) < rate * 0.0004,
  )
  return Math.min(1000, Number((usual ?? measured).toFixed(usual === undefined ? 2 : 3)))
}
