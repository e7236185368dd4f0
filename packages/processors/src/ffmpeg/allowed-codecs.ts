/**
 * Decoders of what cameras, browsers, meeting and cutting programs make, by FFmpeg's names. The odd ones, of games and
 * screens of the nineties, are where holes were found, and nobody's recordings are in them.
 */
const sound =
  'aac,aac_latm,mp2,mp2float,mp3,mp3float,ac3,eac3,opus,libopus,vorbis,libvorbis,flac,alac,pcm_s16le,pcm_s16be,pcm_s24le,' +
  'pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_u8,pcm_mulaw,pcm_alaw,nellymoser,speex,libspeex,' +
  'wmav1,wmav2,wmapro,wmavoice,wmalossless,amrnb,amrwb,pcm_s8,adpcm_ms,adpcm_ima_wav,adpcm_swf,gsm_ms'

const video =
  'h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg1video,mpeg2video,mpeg4,h263,flv,flashsv,flashsv2,' +
  'mjpeg,prores,dnxhd,dvvideo,theora,wmv1,wmv2,wmv3,vc1,mss1,mss2,g2m,camtasia,msmpeg4v2,msmpeg4,svq3,vp6,vp6f,vp6a'

/** Captions that are text. */
const words = 'subrip,srt,mov_text,webvtt,ass,ssa,text'

const picture = 'png,mjpeg,webp,gif,bmp'

/** For -codec_whitelist: of all that a file has in it. */
export const allowedCodecs: Readonly<Record<'sound-or-video' | 'picture', string>> = {
  // Sound may have a picture on its cover.
  'sound-or-video': `${sound},${video},${words},${picture}`,
  picture,
}
