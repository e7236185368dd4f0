// Everything of an archive that can be seen and heard as one MP4: the picture beside the slides or over them, captions as tracks or in
// the picture, chapters.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultLimits, inputArguments, probe, runFfmpeg, THREADS } from '@rushes/processors'
import { ConvertError } from '../convert-error.ts'
import { freshFile, type MediaJob, quiet, syncFile } from '../media/media-job.ts'
import { captionTracks, type ExportContent, type Making, type ShownSlide } from './export-content.ts'
import { writeItem } from './item-file.ts'
import { ffmetadata, mp4Language, subRip, subStation } from './video-captions.ts'
import { GROUND, type Size, slidePictures } from './video-picture.ts'

export type VideoLayout = 'beside' | 'over' | 'slides' | 'picture'

export type VideoOptions = {
  /** By default the picture beside the slides, or that of both which is there. */
  layout?: VideoLayout
  /** As tracks that players turn on, drawn into the picture, or left out. */
  captions?: 'track' | 'burned' | 'none'
  /** Px; a width of 16/9 of it. Of a picture alone that is not drawn into, it is what it is. */
  height?: number
}

const ratePerSecond = 25
/** A slide that stands for minutes is given again so often, so that a player that seeks has it at once. */
const repeatMs = 2000
const lastMs = 40

/** @throws ConvertError `nothing-found`; ConversionError; UmfError */
export async function writeSingleVideo(
  path: string,
  folder: string,
  content: ExportContent,
  options: VideoOptions,
  { signal, onProgress }: Making,
): Promise<void> {
  const { archive, notes } = content
  const limits = { ...defaultLimits, timeMs: 24 * 3_600_000, outputBytes: 64 * 2 ** 30 }
  const job = (from: number, share: number): MediaJob => ({
    ...{ limits, signal },
    onProgress: (fraction) => onProgress(from + fraction * share),
  })
  const main = archive.presentation === null ? null : join(folder, 'presentation')
  if (main !== null) await writeItem(archive, archive.presentation!.name, main, { signal })
  const probed = main === null ? null : await probe({ path: main }, 'sound-or-video', quiet(job(0, 0)))
  const layout = layoutOf(content, probed?.video != null, options.layout)
  const burned = options.captions === 'burned' ? captionTracks(content.texts).slice(0, 1) : []
  const tracks = (options.captions ?? 'track') === 'track' ? captionTracks(content.texts) : []
  const size = sizeOf(options.height ?? 1080)
  const isCopied = layout === 'picture' && burned.length === 0
  const shown = layout === 'picture' ? [] : content.slides
  const drawn = isCopied
    ? null
    : await slidePictures(archive, shown, regionsOf(layout, size).slides, folder, job(0, 0.1), notes)
  const output = await freshFile(path)
  const texts: string[] = []
  for (const [index, { cues }] of tracks.entries()) {
    const file = join(folder, `captions-${index}.srt`)
    await writeFile(file, subRip(cues))
    texts.push(file)
  }
  const chapters = join(folder, 'chapters.txt')
  await writeFile(chapters, ffmetadata(content.title, content.chapters))
  const ass = join(folder, 'burned.ass')
  await writeFile(ass, subStation(burned[0]?.cues ?? [], size))
  const fonts = join(folder, 'fonts.conf')
  await writeFile(fonts, fontConfiguration)
  const list = join(folder, 'slides.txt')
  await writeFile(list, '')
  const pictures = drawn === null ? [] : [...new Set([drawn.blank, ...drawn.pictures])]
  const inputs = [
    ...(main === null ? [] : [main]),
    chapters,
    ...texts,
    ...(drawn === null ? [] : [fonts, ass, list, ...pictures]),
  ]
  const { startMs = 0 } = archive.presentation ?? {}
  const from = drawn === null ? 0 : 0.1
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', durationMs: content.durationMs, files: { inputs, outputs: [output] } },
      // In the sandbox there is no configuration of the machine's.
      environment: ({ inputs: inside }) => (drawn === null ? {} : { FONTCONFIG_FILE: inside[inputs.indexOf(fonts)]! }),
      async args({ inputs: inside, outputs }) {
        const at = new Map(inputs.map((file, index) => [file, inside[index]!]))
        const opened: string[][] = []
        const open = (file: string, args: readonly string[]): number => {
          return opened.push([...THREADS, ...args, '-i', `file:${at.get(file)!}`]) - 1
        }
        const offset = startMs > 0 ? ['-itsoffset', (startMs / 1000).toFixed(3)] : []
        const media = main === null ? -1 : open(main, [...offset, ...inputArguments('sound-or-video', 'mov', limits)])
        const marks = open(chapters, only('ffmetadata', 'none'))
        const words = texts.map((file) => open(file, only('srt', 'subrip,srt')))
        let picture = ['-map', `${media}:v:0`, '-c:v', 'copy']
        if (drawn !== null) {
          const names = drawn.pictures.map((file) => at.get(file)!)
          await writeFile(list, slideList(shown, names, at.get(drawn.blank)!, content.durationMs))
          const slides = open(list, [...only('concat,png_pipe', 'png'), '-safe', '0', ...['-f', 'concat']])
          const filter = composition({
            ...{ layout, size, slides, media },
            captions: burned.length > 0 ? at.get(ass)! : null,
            isMoving: (layout !== 'slides' && probed?.video != null) || burned.length > 0,
          })
          picture = [
            ...['-filter_complex', filter, '-map', '[shown]', '-fps_mode', 'vfr', '-video_track_timescale', '90000'],
            ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '21', '-g', String(ratePerSecond * 2)],
          ]
        }
        const sound = probed?.audio == null ? [] : ['-map', `${media}:a:0`, '-c:a', 'copy']
        const subtitles = words.flatMap((input, index) => [
          ...['-map', `${input}:s:0`, `-metadata:s:s:${index}`, `language=${mp4Language(tracks[index]!.language)}`],
        ])
        return [
          ...opened.flat(),
          ...[...picture, ...sound, ...subtitles],
          ...(words.length > 0 ? ['-c:s', 'mov_text'] : []),
          ...['-map_metadata', String(marks), '-map_chapters', String(marks)],
          ...['-t', (content.durationMs / 1000).toFixed(3), '-fflags', '+bitexact', '-movflags', '+faststart'],
          ...[...THREADS, '-f', 'mp4', `file:${outputs[0]}`],
        ]
      },
    },
    job(from, 1 - from),
  )
  await syncFile(output)
}

/** For captions in the picture: whatever fonts the machine has, those first that have most letters. */
const fontConfiguration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>
<alias><family>Sans</family><prefer><family>Noto Sans</family><family>DejaVu Sans</family><family>Liberation Sans</family></prefer></alias>
</fontconfig>
`

function layoutOf({ slides }: ExportContent, hasPicture: boolean, wanted: VideoLayout | undefined): VideoLayout {
  const hasSlides = slides.some(({ item }) => item !== null)
  if (!hasSlides && !hasPicture) {
    throw new ConvertError(
      'nothing-found',
      'there is no picture and no slide in it that could be seen: take its sound out with rushes extract',
    )
  }
  if (wanted === 'picture' && !hasPicture)
    throw new ConvertError('nothing-found', 'there is no picture in it, only slides')
  if (wanted !== undefined && wanted !== 'picture' && !hasSlides)
    throw new ConvertError('nothing-found', 'there are no slides in it: leave --layout out')
  if (!hasPicture) return 'slides'
  return wanted ?? (hasSlides ? 'beside' : 'picture')
}

const even = (side: number): number => Math.max(16, 2 * Math.round(side / 2))

function sizeOf(height: number): Size {
  return { width: even((height * 16) / 9), height: even(height) }
}

/** The slides' part of the picture; the other is what remains of it. */
function regionsOf(layout: VideoLayout, { width, height }: Size): { slides: Size; side: Size } {
  if (layout === 'beside') {
    const wide = even(width * 0.75)
    return { slides: { width: wide, height }, side: { width: width - wide, height } }
  }
  return { slides: { width, height }, side: { width: even(width * 0.22), height: even(height * 0.3) } }
}

function only(formats: string, codecs: string): string[] {
  const format = formats.split(',')
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', formats, '-codec_whitelist', codecs],
    ...(format.length === 1 ? ['-f', format[0]!] : []),
  ]
}

type Composition = {
  layout: VideoLayout
  size: Size
  /** Numbers of inputs; the medium's −1 where there is none. */
  slides: number
  media: number
  /** A file of SubStation Alpha that is drawn over everything. */
  captions: string | null
  isMoving: boolean
}

function composition({ layout, size, slides, media, captions, isMoving }: Composition): string {
  const { side } = regionsOf(layout, size)
  const { width, height } = size
  // Only where something moves besides: slides alone have each its own time, to the millisecond.
  const rate = isMoving ? `fps=${ratePerSecond},` : ''
  const lines: string[] = []
  let last = `[${slides}:v:0]${rate}tpad=stop_mode=clone:stop=${isMoving ? -1 : 0},pad=${width}:${height}:0:0:color=${GROUND}`
  const fitted = (box: Size): string =>
    `scale=${box.width}:${box.height}:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1`
  if (layout === 'picture') {
    lines.push(`${last}[ground]`, `[${media}:v:0]${fitted(size)},fps=${ratePerSecond}[picture]`)
    last = '[ground][picture]overlay=x=(W-w)/2:y=(H-h)/2'
  } else if (layout === 'beside') {
    lines.push(`${last}[ground]`, `[${media}:v:0]${fitted(side)},fps=${ratePerSecond}[picture]`)
    last = `[ground][picture]overlay=x=${width - side.width}+(${side.width}-w)/2:y=(H-h)/2`
  } else if (layout === 'over') {
    const margin = even(height / 45)
    lines.push(`${last}[ground]`, `[${media}:v:0]${fitted(side)},fps=${ratePerSecond}[picture]`)
    last = `[ground][picture]overlay=x=W-w-${margin}:y=H-h-${margin}`
  }
  if (captions !== null) last += `,ass=filename='${captions.replaceAll(/[\\':]/g, (each) => `\\${each}`)}'`
  lines.push(`${last},format=yuv420p[shown]`)
  return lines.join(';')
}

/**
 * For FFmpeg's concat demuxer. Pictures are read as 1000 a second, so that times are kept to the millisecond; the last one stands once
 * more at the end, without which the duration before it would not count.
 */
function slideList(
  slides: readonly ShownSlide[],
  pictures: readonly string[],
  blank: string,
  durationMs: number,
): string {
  const lines = ['ffconcat version 1.0']
  const show = (file: string, ms: number): void => {
    lines.push(`file '${file.replaceAll("'", "'\\''")}'`, 'option framerate 1000', `duration ${(ms / 1000).toFixed(6)}`)
  }
  let at = 0
  let last = blank
  const until = (endMs: number): void => {
    for (; at < endMs; at = Math.min(endMs, at + repeatMs)) show(last, Math.min(repeatMs, endMs - at))
  }
  for (const [index, { startMs }] of slides.entries()) {
    until(Math.round(startMs))
    last = pictures[index]!
  }
  const end = Math.ceil(durationMs)
  until(Math.max(at, end - lastMs))
  show(last, Math.max(1, end - at))
  show(last, lastMs)
  return `${lines.join('\n')}\n`
}
