export { type BodyIndex, openBodyIndex } from './body-index.ts'
export { codecString } from './codec/codec-string.ts'
export { notMediaReason } from './foreign-files.ts'
export { type Front, fileOrder } from './front.ts'
export {
  applyPatches,
  type Extent,
  isPatched,
  type Layout,
  makeLayout,
  type PatchTable,
  sliceLayout,
} from './layout.ts'
export { type LiveBody, type LiveForm, openLiveBody } from './live/live-body.ts'
export type { LivePart, LiveSegment } from './live/live-timeline.ts'
export { MediaError, type MediaErrorCode } from './media-error.ts'
export { type JoinOptions, joinFragments } from './mp4/fragment-join.ts'
export {
  type FragmentSummary,
  type Init,
  type InitTrack,
  readFragment,
  readInit,
  retrackFragment,
  retrackInit,
  shiftFragment,
  type WalkedSample,
  walkSamples,
} from './mp4/fragment-summary.ts'
export { startInit } from './mp4/init-start.ts'
export { mergeInits } from './mp4/merge-inits.ts'
export { dashManifest } from './playlist/dash.ts'
export { mediaPlaylist, multivariantPlaylist } from './playlist/hls.ts'
export { LivePlaylist, type LivePlaylistOptions, type LivePlaylistState } from './playlist/live-hls.ts'
export {
  isPlayable,
  type MediaPresentation,
  type PlaylistGap,
  type PlaylistRepresentation,
  type PlaylistSegment,
} from './playlist/media-presentation.ts'
export type { SampleSink } from './sample-sink.ts'
export type { AudioFormat, Codec, ColourDescription, EditList, Track, VideoFormat } from './track.ts'
export type { View, ViewStanding } from './view.ts'
