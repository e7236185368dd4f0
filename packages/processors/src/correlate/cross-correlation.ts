import FFT from 'fft.js'

/** The next power of two, which is what transforms work on. */
export function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, least)))
}

/** Its tables take as long to be made as a transform: that of the size that was used last is kept. */
let kept: { size: number; fft: FFT } | undefined

function transformOf(size: number): FFT {
  if (kept?.size !== size) kept = { size, fft: new FFT(size) }
  return kept.fft
}

/**
 * How alike two signals are, by how much the second one is moved: the circular cross-correlation. At `lag` is the sum of
 * `left[t + lag] * right[t]`; negative lags are at the end.
 *
 * @param isWhitened each frequency counts as much as any other (GCC-PHAT: Knapp, Carter, 1976), so that echoes and loud tones don't
 * blur the peak
 */
export function crossCorrelation(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  size: number,
  isWhitened: boolean,
): Float64Array {
  const fft = transformOf(size)
  const [first, second] = [spectrum(fft, left, size), spectrum(fft, right, size)]
  for (let at = 0; at < 2 * size; at += 2) {
    const [re, im] = [first[at]!, first[at + 1]!]
    const [otherRe, otherIm] = [second[at]!, second[at + 1]!]
    const productRe = re * otherRe + im * otherIm
    const productIm = im * otherRe - re * otherIm
    const scale = isWhitened ? 1 / (Math.hypot(productRe, productIm) + 1e-12) : 1
    first[at] = productRe * scale
    first[at + 1] = productIm * scale
  }
  fft.inverseTransform(second, first)
  const values = new Float64Array(size)
  for (let at = 0; at < size; at++) values[at] = second[2 * at]!
  return values
}

function spectrum(fft: FFT, values: ArrayLike<number>, size: number): Float64Array {
  const padded = new Float64Array(size)
  for (let at = 0; at < values.length; at++) padded[at] = values[at]!
  const out = new Float64Array(2 * size)
  fft.realTransform(out, padded)
  fft.completeSpectrum(out)
  return out
}
