// Pictures → encoded packets. An encoder that breaks down (a graphics driver that restarts, say) is replaced: every key
// frame brings its own parameter sets, so the track goes on.
import { EncodedPacket, EncodedVideoPacketSource } from 'mediabunny'
import type { Size } from '../capture/bubble.ts'
import { EncoderError } from './body-encoder.ts'
import type { VideoCodec } from './choose-encoder.ts'
import { avc3CodecString } from './parameter-sets.ts'
import { videoConfigs } from './video-config.ts'

/** More pictures than this in the encoder: the machine is too slow, pictures are left out. */
const maxQueued = 4
const maxReplacements = 3

export class VideoLane {
  readonly source: EncodedVideoPacketSource
  readonly #codec: VideoCodec
  readonly #frameRate: number
  #keyEvery = 1
  readonly #add: (packet: EncodedPacket, meta: EncodedVideoChunkMetadata | undefined) => void
  readonly #fail: (error: EncoderError) => void
  #encoder: VideoEncoder | null = null
  #config: VideoEncoderConfig | null = null
  #lastKey = Number.NEGATIVE_INFINITY
  #keyWanted = true
  #replacements = 0
  #described = false

  constructor(
    codec: VideoCodec,
    frameRate: number,
    keyIntervalMs: number,
    add: (packet: EncodedPacket, meta: EncodedVideoChunkMetadata | undefined) => void,
    fail: (error: EncoderError) => void,
  ) {
    this.source = new EncodedVideoPacketSource(codec)
    this.#codec = codec
    this.#frameRate = frameRate
    this.keyInterval = keyIntervalMs
    this.#add = add
    this.#fail = fail
  }

  async configure(size: Size): Promise<void> {
    for (const config of videoConfigs(this.#codec, size, this.#frameRate)) {
      const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false }))
      if (supported !== true) continue
      this.#config = config
      this.#open()
      return
    }
    throw new EncoderError('not-supported', `no ${this.#codec} encoder for ${size.width} × ${size.height}`)
  }

  /** Between places where a player can begin, and fragments, ms. */
  set keyInterval(ms: number) {
    this.#keyEvery = Math.max(1, Math.round((ms * this.#frameRate) / 1000))
  }

  /** The next picture will be one that a player can begin at. */
  wantKey(): void {
    this.#keyWanted = true
  }

  /** Takes the frame over. `index` counts pictures at the frame rate. */
  encode(frame: VideoFrame, index: number): void {
    const encoder = this.#encoder
    if (encoder === null || encoder.state !== 'configured' || encoder.encodeQueueSize > maxQueued) {
      frame.close()
      return
    }
    const keyFrame = this.#keyWanted || index - this.#lastKey >= this.#keyEvery
    if (keyFrame) {
      this.#lastKey = index
      this.#keyWanted = false
    }
    encoder.encode(frame, { keyFrame })
    frame.close()
  }

  async finish(): Promise<void> {
    if (this.#encoder?.state === 'configured') await this.#encoder.flush().catch(() => {})
    if (this.#encoder !== null && this.#encoder.state !== 'closed') this.#encoder.close()
    this.#encoder = null
  }

  #open(): void {
    const config = this.#config!
    this.#keyWanted = true
    const encoder = new VideoEncoder({
      output: (chunk, meta) => this.#output(chunk, meta),
      error: (cause) => this.#replace(encoder, cause),
    })
    encoder.configure(config)
    this.#encoder = encoder
  }

  #replace(broken: VideoEncoder, cause: DOMException): void {
    if (this.#encoder !== broken) return
    if (++this.#replacements > maxReplacements) {
      this.#encoder = null
      this.#fail(new EncoderError('failed', `the ${this.#codec} encoder gave up: ${cause.message}`, { cause }))
      return
    }
    this.#config = { ...this.#config!, hardwareAcceleration: 'prefer-software' }
    this.#open()
  }

  #output(chunk: EncodedVideoChunk, meta: EncodedVideoChunkMetadata | undefined): void {
    const bytes = new Uint8Array(chunk.byteLength)
    chunk.copyTo(bytes)
    const duration = (chunk.duration ?? 1e6 / this.#frameRate) / 1e6
    const packet = new EncodedPacket(bytes, chunk.type, chunk.timestamp / 1e6, duration)
    if (this.#described || meta?.decoderConfig === undefined) {
      this.#add(packet, undefined)
      return
    }
    const config = meta.decoderConfig
    const codec = this.#codec === 'avc' ? avc3CodecString(bytes) : config.codec
    if (codec === null) {
      this.#fail(new EncoderError('failed', 'the first key frame has no sequence parameter set'))
      return
    }
    this.#described = true
    this.#add(packet, { decoderConfig: { ...config, codec } })
  }
}
