import type { EncoderProcess } from './encoder-process.ts'
import type { Site } from './site.ts'

/** Application bytes for each byte of the files, at most: what was sent twice because an answer was lost is in it. */
const mostSent = 1.1

export type Traffic = { ratio: number; problems: string[] }

export const ratio = (value: number): string => `${value.toFixed(3)}x`

/**
 * What the encoder sent for `bytes` of files: counted by the relay, with requests' heads and the manifest, and by itself,
 * which knows what it handed to connections that died. `onTheWay`: what interruptions may have lost of an event too short
 * to make up for them.
 */
export async function judgeTraffic(
  site: Site,
  encoder: EncoderProcess,
  { bytes, onTheWay = 0 }: { bytes: number; onTheWay?: number },
): Promise<Traffic> {
  const { up } = await site.relay.count(site.lab.addresses.midForEnc)
  const most = Math.max(up, encoder.bytesSent)
  const problems = most <= mostSent * bytes + onTheWay ? [] : [`${most} bytes were sent for ${bytes} of files`]
  return { ratio: most / bytes, problems }
}
