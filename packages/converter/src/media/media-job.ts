import { closeSync, openSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import type { TaskInput } from '@rushes/pipeline'
import { type ConversionLimits, defaultLimits } from '@rushes/processors'

/** What a program that works on media is held to, and told by. */
export type MediaJob = { limits: ConversionLimits; signal: AbortSignal; onProgress(fraction: number): void }

export function mediaJob({ signal, onProgress }: Pick<TaskInput, 'signal' | 'onProgress'>): MediaJob {
  // A day of what is encoded here is about 40 GB at most.
  return { limits: { ...defaultLimits, timeMs: 24 * 3_600_000, outputBytes: 64 * 2 ** 30 }, signal, onProgress }
}

/** Of a job that has nobody to tell. */
export const quiet = (job: MediaJob): MediaJob => ({ ...job, onProgress: () => {} })

/** An empty file for a program to fill; what a killed run left there is gone. */
export async function freshFile(path: string): Promise<string> {
  await rm(path, { force: true })
  closeSync(openSync(path, 'wx', 0o600))
  return path
}

/** What a task answers is never made again, so it has to outlast a loss of power. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.sync().finally(() => file.close())
}
