/**
 * The RFC 6381 codec string of an Annex B access unit, as `avc3`: its parameter sets lie in the samples (ISO 14496-15
 * §5.4.2). Null where no sequence parameter set is found.
 */
export function avc3CodecString(annexB: Uint8Array): string | null {
  for (let at = 0; at + 7 < annexB.length; at++) {
    if (annexB[at] !== 0 || annexB[at + 1] !== 0 || annexB[at + 2] !== 1) continue
    if ((annexB[at + 3]! & 31) !== 7) continue // nal_unit_type 7: sequence parameter set
    const hex = (byte: number) => byte.toString(16).padStart(2, '0')
    return `avc3.${hex(annexB[at + 4]!)}${hex(annexB[at + 5]!)}${hex(annexB[at + 6]!)}`
  }
  return null
}
