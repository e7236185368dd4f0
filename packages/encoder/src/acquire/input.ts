import { SourceError } from './source-error.ts'

export type SourceKind =
  | 'v4l2'
  | 'alsa'
  | 'pulse'
  | 'decklink'
  | 'rtsp'
  | 'srt'
  | 'rtmp'
  | 'tcp'
  | 'udp'
  | 'hls'
  | 'file'
  | 'test'

/** What FFmpeg opens, checked; `address` is what it gets as the input's name, apart from `file` and `test`. */
export type Source = {
  kind: SourceKind
  address: string
  /** We wait for the sender to call (SRT, RTMP, TCP). */
  isListener: boolean
  /** `test`, `v4l2`. */
  width?: number
  height?: number
  frameRate?: number
  /** Sound that comes from another device than the picture (`v4l2`). */
  audio?: Source
}

export type Input = { set: string; source: Source }

type Parse = (rest: string, text: string) => Source

const LONGEST = 1000

/** One for each scheme; everything else is a file. */
const parsers: Readonly<Record<string, Parse>> = {
  test: parseTest,
  v4l2: parseV4l2,
  alsa: (rest, text) => device('alsa', rest, text, /^[\w:=,.-]{1,100}$/),
  pulse: (rest, text) => device('pulse', rest, text, /^[\w.:@+-]{1,200}$/),
  decklink: (rest, text) => device('decklink', rest, text, /^[\w .:()-]{1,100}$/),
  rtsp: (_rest, text) => network('rtsp', text),
  rtsps: (_rest, text) => network('rtsp', text),
  srt: parseSrt,
  rtmp: (_rest, text) => callerOrListener('rtmp', text),
  rtmps: (_rest, text) => network('rtmp', text),
  tcp: (_rest, text) => callerOrListener('tcp', text),
  udp: (_rest, text) => network('udp', text),
  http: (_rest, text) => parseHls(text),
  https: (_rest, text) => parseHls(text),
  file: (rest) => parseFile(rest.replace(/^\/\/(?=\/)/, '')),
}

/**
 * `SOURCE` or `NAME=SOURCE`, where NAME is the set that its representations belong to (`main` without).
 *
 * SOURCE is `v4l2:/dev/video0` (with `?size=1280x720&rate=30&audio=alsa:default`), `alsa:DEVICE`, `pulse:DEVICE`,
 * `decklink:DEVICE`, `rtsp://…`, `srt://…`, `rtmp://…` and `tcp://…` (callers, or listeners with `?mode=listener`),
 * `udp://…`, `http(s)://….m3u8`, `test:` (with `?size=1280x720&rate=30`), or the path of a file.
 *
 * @throws SourceError `bad-source`
 */
export function parseInput(text: string): Input {
  if (text.length > LONGEST || hasControls(text)) throw new SourceError('bad-source', 'a source of unreadable text')
  const named = /^([a-z][a-z0-9-]{0,19})=(.+)$/.exec(text)
  const rest = named?.[2] ?? text
  return { set: named?.[1] ?? 'main', source: parseSource(rest) }
}

/** @throws SourceError `duplicate-set` */
export function checkInputs(inputs: readonly Input[]): void {
  const sets = new Set<string>()
  for (const { set } of inputs) {
    if (sets.has(set)) {
      throw new SourceError(
        'duplicate-set',
        `two inputs are the set ${set}: name each, as in camera-2=v4l2:/dev/video1`,
      )
    }
    sets.add(set)
  }
}

function parseSource(text: string): Source {
  const scheme = /^([a-z0-9]+):/.exec(text)?.[1]
  const parse = scheme === undefined || !Object.hasOwn(parsers, scheme) ? undefined : parsers[scheme]
  if (parse !== undefined) return parse(text.slice(scheme!.length + 1), text)
  if (/^[a-z0-9+.-]+:\/\//i.test(text)) throw bad(text, 'no scheme that is opened here')
  return parseFile(text)
}

function hasControls(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\x7f')
}

function parseFile(path: string): Source {
  if (path === '' || path === '-') throw new SourceError('bad-source', 'name a file, a device or an address')
  return { kind: 'file', address: path, isListener: false }
}

function parseTest(rest: string, text: string): Source {
  const parameters = new URLSearchParams(rest.replace(/^\?/, ''))
  if (rest !== '' && !rest.startsWith('?')) throw bad(text, 'write test:?size=1280x720&rate=30')
  onlyParameters(parameters, ['size', 'rate'], text)
  return {
    kind: 'test',
    address: '',
    isListener: false,
    width: 1280,
    height: 720,
    frameRate: 30,
    ...picture(parameters, text),
  }
}

function parseV4l2(rest: string, text: string): Source {
  const [path, query] = rest.split('?', 2) as [string, string?]
  if (!/^\/dev\/[\w-]+(?:\/[\w-]+){0,3}$/.test(path)) throw bad(text, 'write v4l2:/dev/video0')
  const parameters = new URLSearchParams(query ?? '')
  onlyParameters(parameters, ['size', 'rate', 'audio'], text)
  const source: Source = { kind: 'v4l2', address: path, isListener: false, ...picture(parameters, text) }
  const sound = parameters.get('audio')
  if (sound === null) return source
  const audio = parseSource(sound)
  if (audio.kind !== 'alsa' && audio.kind !== 'pulse') throw bad(text, 'sound beside a camera is alsa: or pulse:')
  return { ...source, audio }
}

function picture(parameters: URLSearchParams, text: string): Pick<Source, 'width' | 'height' | 'frameRate'> {
  const size = parameters.get('size')
  const rate = parameters.get('rate')
  const sides = size === null ? null : /^(\d{2,4})x(\d{2,4})$/.exec(size)
  if (size !== null && (sides === null || Number(sides[1]) < 16 || Number(sides[2]) < 16)) {
    throw bad(text, 'size is written 1280x720')
  }
  if (rate !== null && !(/^\d{1,3}(?:\.\d{1,3})?$/.test(rate) && Number(rate) >= 1 && Number(rate) <= 240)) {
    throw bad(text, 'rate is from 1 to 240')
  }
  return {
    ...(sides === null ? {} : { width: Number(sides[1]), height: Number(sides[2]) }),
    ...(rate === null ? {} : { frameRate: Number(rate) }),
  }
}

function device(kind: SourceKind, name: string, text: string, pattern: RegExp): Source {
  const address = name === '' ? 'default' : name
  if (!pattern.test(address)) throw bad(text, `that is no name of a ${kind} device`)
  return { kind, address, isListener: false }
}

function network(kind: SourceKind, text: string): Source {
  return { kind, address: addressOf(text).href, isListener: false }
}

/** FFmpeg has a word of its own for each protocol; here it is `mode=listener`, and `listen` is understood too. */
function callerOrListener(kind: 'rtmp' | 'tcp', text: string): Source {
  const url = addressOf(text)
  const listen = url.searchParams.get('listen')
  const isListener = url.searchParams.get('mode') === 'listener' || (listen !== null && listen !== '0')
  for (const name of ['mode', 'listen']) url.searchParams.delete(name)
  return { kind, address: url.href.replace(/\?$/, ''), isListener }
}

const srtParameters = ['mode', 'latency', 'passphrase', 'pbkeylen', 'streamid', 'maxbw', 'oheadbw', 'rcvlatency']

function parseSrt(_rest: string, text: string): Source {
  const url = addressOf(text)
  onlyParameters(url.searchParams, srtParameters, text)
  const mode = url.searchParams.get('mode') ?? 'caller'
  if (mode !== 'caller' && mode !== 'listener') throw bad(text, 'mode is caller or listener')
  return { kind: 'srt', address: url.href, isListener: mode === 'listener' }
}

function parseHls(text: string): Source {
  const url = addressOf(text)
  if (!/\.m3u8$/i.test(url.pathname)) throw bad(text, 'of web addresses, HLS playlists (….m3u8) are opened')
  return { kind: 'hls', address: url.href, isListener: false }
}

function addressOf(text: string): URL {
  try {
    // Of schemes that it doesn't know, URL checks the host less: what isn't a host's is refused here.
    const url = new URL(text)
    if (url.hostname === '' && url.protocol !== 'srt:' && url.protocol !== 'udp:')
      throw bad(text, 'the host is missing')
    if (!/^[\w.:[\]@%-]*$/.test(url.hostname)) throw bad(text, 'that is no host')
    return url
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw bad(text, 'that is no address')
  }
}

function onlyParameters(parameters: URLSearchParams, allowed: readonly string[], text: string): void {
  for (const name of parameters.keys()) {
    if (!allowed.includes(name)) throw bad(text, `${name} is unknown here, ${allowed.join(', ')} are known`)
  }
}

/** The address may have a password in it, so only what is before it is repeated. */
function bad(text: string, reason: string): SourceError {
  return new SourceError('bad-source', `${text.replace(/[?@].*$/, '…').slice(0, 200)}: ${reason}`)
}
