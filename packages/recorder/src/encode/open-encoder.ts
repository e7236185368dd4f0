import type { Capture } from '../capture/source.ts'
import { type BodyEncoder, type BodyEvents, EncoderError } from './body-encoder.ts'
import {
  type AudioCodec,
  chooseEncoder,
  type EncoderCapabilities,
  type EncoderChoice,
  type VideoCodec,
} from './choose-encoder.ts'
import { mediaRecorderEncoder } from './mediarecorder-encoder.ts'
import { probeEncoders } from './probe-encoders.ts'
import { webCodecsEncoder } from './webcodecs-encoder.ts'

/** What the caller would rather have; where nothing is said the best is taken. */
export type EncoderWish = {
  prefer?: 'webcodecs' | 'mediarecorder'
  videoCodec?: VideoCodec
  audioCodec?: AudioCodec
  /** Between places where a player can begin, and fragments; 1000. At most 2000. */
  keyIntervalMs?: number
}

/** @throws EncoderError `not-supported` */
export async function chooseFor(
  capture: Capture,
  wish: EncoderWish,
  known?: EncoderCapabilities,
): Promise<EncoderChoice> {
  const { prefer, videoCodec, audioCodec } = wish
  const choice = chooseEncoder(known ?? (await probeEncoders()), {
    video: capture.hasVideo,
    audio: capture.hasAudio,
    ...(prefer && { prefer }),
    ...(videoCodec && { videoCodec }),
    ...(audioCodec && { audioCodec }),
  })
  if (choice === null) throw new EncoderError('not-supported', 'this browser has no encoder for this capture')
  return choice
}

export function openEncoder(
  capture: Capture,
  choice: EncoderChoice,
  wish: EncoderWish,
  events: BodyEvents,
): BodyEncoder {
  if (choice.kind === 'mediarecorder') return mediaRecorderEncoder(capture, choice, events)
  return webCodecsEncoder(capture, choice, events, Math.min(2000, wish.keyIntervalMs ?? 1000))
}
