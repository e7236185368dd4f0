import cliProgress from 'cli-progress'

export interface FractionProgress extends Disposable {
  /** From 0 to 1. */
  show(fraction: number): void
}

/** A bar on stderr where somebody watches. */
export function watchFraction(label: string, { json = false }: { json?: boolean }): FractionProgress {
  if (json || !process.stderr.isTTY) return { show() {}, [Symbol.dispose]() {} }
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% · {eta_formatted} left`,
    ...{ hideCursor: true, stream: process.stderr, clearOnComplete: true },
  })
  bar.start(1000, 0)
  return {
    show: (fraction) => bar.update(Math.floor(Math.min(1, fraction) * 1000)),
    [Symbol.dispose]: () => bar.stop(),
  }
}
