/**
 * Element IDs with their length marker, as they stand in the file (RFC 8794 §5; names after RFC 9559 §5).
 * Only what the reader, or the header that it builds, has to know.
 */
export const EBML = 0x1a45dfa3
export const EBML_VERSION = 0x4286
export const EBML_READ_VERSION = 0x42f7
export const EBML_MAX_ID_LENGTH = 0x42f2
export const EBML_MAX_SIZE_LENGTH = 0x42f3
export const DOC_TYPE = 0x4282
export const DOC_TYPE_VERSION = 0x4287
export const DOC_TYPE_READ_VERSION = 0x4285
export const VOID = 0xec
export const CRC_32 = 0xbf

export const SEGMENT = 0x18538067
export const SEEK_HEAD = 0x114d9b74
export const SEEK = 0x4dbb
export const SEEK_ID = 0x53ab
export const SEEK_POSITION = 0x53ac
export const INFO = 0x1549a966
export const TIMESTAMP_SCALE = 0x2ad7b1
export const DURATION = 0x4489
export const MUXING_APP = 0x4d80
export const WRITING_APP = 0x5741
export const TRACKS = 0x1654ae6b
export const CUES = 0x1c53bb6b
export const CUE_POINT = 0xbb
export const CUE_TIME = 0xb3
export const CUE_TRACK_POSITIONS = 0xb7
export const CUE_TRACK = 0xf7
export const CUE_CLUSTER_POSITION = 0xf1
export const CHAPTERS = 0x1043a770
export const TAGS = 0x1254c367
export const ATTACHMENTS = 0x1941a469

export const CLUSTER = 0x1f43b675
export const TIMESTAMP = 0xe7
export const SIMPLE_BLOCK = 0xa3
export const BLOCK_GROUP = 0xa0
export const BLOCK = 0xa1
export const BLOCK_DURATION = 0x9b
export const BLOCK_ADDITIONS = 0x75a1
export const REFERENCE_BLOCK = 0xfb
export const DISCARD_PADDING = 0x75a2

export const TRACK_ENTRY = 0xae
export const TRACK_NUMBER = 0xd7
export const TRACK_UID = 0x73c5
export const TRACK_TYPE = 0x83
export const CODEC_ID = 0x86
export const CODEC_PRIVATE = 0x63a2
export const CODEC_DELAY = 0x56aa
export const DEFAULT_DURATION = 0x23e383
export const NAME = 0x536e
export const LANGUAGE = 0x22b59c
export const LANGUAGE_BCP47 = 0x22b59d
export const MAX_BLOCK_ADDITION_ID = 0x55ee
export const BLOCK_ADDITION_MAPPING = 0x41e4
export const CONTENT_ENCODINGS = 0x6d80
export const CONTENT_ENCODING = 0x6240
export const CONTENT_ENCODING_TYPE = 0x5033

export const VIDEO = 0xe0
export const PIXEL_WIDTH = 0xb0
export const PIXEL_HEIGHT = 0xba
export const PIXEL_CROP_BOTTOM = 0x54aa
export const PIXEL_CROP_TOP = 0x54bb
export const PIXEL_CROP_LEFT = 0x54cc
export const PIXEL_CROP_RIGHT = 0x54dd
export const DISPLAY_WIDTH = 0x54b0
export const DISPLAY_HEIGHT = 0x54ba
export const DISPLAY_UNIT = 0x54b2
export const ALPHA_MODE = 0x53c0
export const COLOUR = 0x55b0
export const MATRIX_COEFFICIENTS = 0x55b1
export const RANGE = 0x55b9
export const TRANSFER_CHARACTERISTICS = 0x55ba
export const PRIMARIES = 0x55bb
export const PROJECTION = 0x7670
export const PROJECTION_POSE_ROLL = 0x7675

export const AUDIO = 0xe1
export const SAMPLING_FREQUENCY = 0xb5
export const CHANNELS = 0x9f
export const BIT_DEPTH = 0x6264

/** Children of a Segment, and roots: what ends a Cluster of unknown size (RFC 8794 §6.2). */
const endsCluster: ReadonlySet<number> = new Set([
  EBML,
  SEGMENT,
  SEEK_HEAD,
  INFO,
  TRACKS,
  CUES,
  CHAPTERS,
  TAGS,
  ATTACHMENTS,
  CLUSTER,
])

export function isOutsideCluster(id: number): boolean {
  // All of them are four bytes long, so children of a Cluster never reach the set.
  return id > 0xffffff && endsCluster.has(id)
}
