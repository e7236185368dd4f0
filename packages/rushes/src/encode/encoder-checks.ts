import { type FfmpegInventory, ffmpegInventory } from '@rushes/encoder'
import { SandboxError } from '@rushes/sandbox'
import type { StoreCheck } from '@rushes/server'

const codecNames: Readonly<Record<string, string>> = {
  h264: 'H.264',
  hevc: 'HEVC',
  av1: 'AV1',
  aac: 'AAC',
  opus: 'Opus',
}

/** docs/decisions/0005-encoder-ffmpeg.md */
const oldest = [5, 1] as const

/** What this machine lacks for `rushes encode`; a server alone doesn't need it. */
export async function encoderChecks(look: () => Promise<FfmpegInventory> = ffmpegInventory): Promise<StoreCheck[]> {
  try {
    return checksOf(await look())
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    return [
      {
        name: 'ffmpeg',
        ok: 'warning',
        detail: error.message,
        advice: 'rushes encode needs it: apt-get install ffmpeg',
      },
    ]
  }
}

function checksOf({ path, version, encoders, inputs }: FfmpegInventory): StoreCheck[] {
  const made = [...encoders].filter(([, encoder]) => encoder !== null)
  const missing = [...encoders].filter(([, encoder]) => encoder === null).map(([codec]) => codecNames[codec] ?? codec)
  const opened = [...inputs].filter(([, isThere]) => isThere).map(([kind]) => kind)
  const closed = [...inputs].filter(([, isThere]) => !isThere).map(([kind]) => kind)
  return [
    {
      ...{ name: 'ffmpeg', ok: isOld(version) ? 'warning' : true, detail: `${version}, ${path}` },
      ...(isOld(version) && { advice: `rushes encode is made for ${oldest.join('.')} and later.` }),
    },
    {
      ...{ name: 'encoders', ok: missing.length === 0 ? true : 'warning' },
      detail: made.map(([codec, encoder]) => `${codecNames[codec] ?? codec} (${encoder})`).join(', ') || 'none',
      ...(missing.length > 0 && {
        advice: `This ffmpeg makes no ${missing.join(', ')}: install one that does to use it.`,
      }),
    },
    {
      ...{ name: 'inputs', ok: true },
      detail: `${opened.join(', ')}${closed.length === 0 ? '' : `; not built in: ${closed.join(', ')}`}`,
    },
  ]
}

/** Builds of a day have no number that says how old they are. */
function isOld(version: string): boolean {
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined) return false
  return Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])
}
