/** Types of resources as archives have them, and `archive` for what holds other files. */
export type FoundType = 'video' | 'audio' | 'image' | 'document' | 'transcript' | 'archive' | 'code' | 'data'

export type Format =
  | 'mp4'
  | 'm4a'
  | 'mov'
  | 'heif'
  | 'webm'
  | 'weba'
  | 'mkv'
  | 'mka'
  | 'wav'
  | 'avi'
  | 'webp'
  | 'mp3'
  | 'aac'
  | 'ogg'
  | 'ogv'
  | 'flac'
  | 'flv'
  | 'wmv'
  | 'wma'
  | 'mpeg-ts'
  | 'mpeg-ps'
  | 'swf'
  | 'pdf'
  | 'ppt'
  | 'doc'
  | 'xls'
  | 'ole2'
  | 'pptx'
  | 'docx'
  | 'xlsx'
  | 'odp'
  | 'odt'
  | 'ods'
  | 'odf'
  | 'epub'
  | 'zip'
  | 'gzip'
  | 'jpeg'
  | 'png'
  | 'gif'
  | 'svg'
  | 'vtt'
  | 'srt'
  | 'sbv'
  | 'ttml'
  | 'json'
  | 'xml'
  | 'html'
  | 'm3u8'
  | 'text'

type FormatRow = { type: FoundType; contentType: string }

const row = (type: FoundType, contentType: string): FormatRow => ({ type, contentType })

/** Every format that the extractor knows, with its media type (IANA's where there is one). */
export const formats: Readonly<Record<Format, FormatRow>> = {
  mp4: row('video', 'video/mp4'),
  m4a: row('audio', 'audio/mp4'),
  mov: row('video', 'video/quicktime'),
  heif: row('image', 'image/heif'),
  webm: row('video', 'video/webm'),
  weba: row('audio', 'audio/webm'),
  mkv: row('video', 'video/x-matroska'),
  mka: row('audio', 'audio/x-matroska'),
  wav: row('audio', 'audio/wav'),
  avi: row('video', 'video/x-msvideo'),
  webp: row('image', 'image/webp'),
  mp3: row('audio', 'audio/mpeg'),
  aac: row('audio', 'audio/aac'),
  ogg: row('audio', 'audio/ogg'),
  ogv: row('video', 'video/ogg'),
  flac: row('audio', 'audio/flac'),
  flv: row('video', 'video/x-flv'),
  wmv: row('video', 'video/x-ms-wmv'),
  wma: row('audio', 'audio/x-ms-wma'),
  'mpeg-ts': row('video', 'video/mp2t'),
  'mpeg-ps': row('video', 'video/mpeg'),
  swf: row('code', 'application/x-shockwave-flash'),
  pdf: row('document', 'application/pdf'),
  ppt: row('document', 'application/vnd.ms-powerpoint'),
  doc: row('document', 'application/msword'),
  xls: row('document', 'application/vnd.ms-excel'),
  ole2: row('data', 'application/x-ole-storage'),
  pptx: row('document', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'),
  docx: row('document', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'),
  xlsx: row('document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
  odp: row('document', 'application/vnd.oasis.opendocument.presentation'),
  odt: row('document', 'application/vnd.oasis.opendocument.text'),
  ods: row('document', 'application/vnd.oasis.opendocument.spreadsheet'),
  odf: row('document', 'application/vnd.oasis.opendocument'),
  epub: row('document', 'application/epub+zip'),
  zip: row('archive', 'application/zip'),
  gzip: row('archive', 'application/gzip'),
  jpeg: row('image', 'image/jpeg'),
  png: row('image', 'image/png'),
  gif: row('image', 'image/gif'),
  svg: row('image', 'image/svg+xml'),
  vtt: row('transcript', 'text/vtt'),
  srt: row('transcript', 'application/x-subrip'),
  sbv: row('transcript', 'text/x-sbv'),
  ttml: row('transcript', 'application/ttml+xml'),
  json: row('data', 'application/json'),
  xml: row('data', 'application/xml'),
  html: row('document', 'text/html'),
  m3u8: row('data', 'application/vnd.apple.mpegurl'),
  text: row('data', 'text/plain'),
}
