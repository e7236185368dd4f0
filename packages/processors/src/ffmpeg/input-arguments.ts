import type { ConversionLimits } from '../processor.ts'
import { allowedCodecs } from './allowed-codecs.ts'
import type { MediaFamily } from './media-signature.ts'

/**
 * How every file is opened, by ffmpeg and ffprobe: by the one demuxer that was chosen, which may open nothing but this file,
 * with decoders of the list, and caps on what a header may ask for.
 */
export function inputArguments(family: MediaFamily, demuxer: string, limits: ConversionLimits): string[] {
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', demuxer, '-codec_whitelist', allowedCodecs[family]],
    ...['-max_streams', String(limits.streams), '-max_pixels', String(limits.pixels)],
    ...['-f', demuxer],
  ]
}

/** Before everything else. No single allocation gets more than half of the memory. */
export function globalArguments(limits: ConversionLimits): string[] {
  return ['-hide_banner', '-loglevel', 'error', '-max_alloc', String(Math.floor(limits.memoryBytes / 2))]
}
