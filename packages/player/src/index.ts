export type { PlaybackProblem } from './playback-source.ts'
export { type ResumeStore, resumeStore } from './resume-store.ts'
export { RushesPlayer } from './rushes-player.ts'
export { formatClock, parseStartTime } from './start-time.ts'
