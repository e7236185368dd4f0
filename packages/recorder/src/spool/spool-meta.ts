import type { SpoolMeta, SpoolTarget } from './spool-store.ts'

/** Reads metadata back from storage; null where it is not what was written (another version, or damaged). */
export function parseMeta(value: unknown): SpoolMeta | null {
  if (!isRecord(value)) return null
  const { id, title, contentType, createdAt, state, target, headBytes } = value as Partial<SpoolMeta>
  const whole =
    typeof id === 'string' &&
    typeof title === 'string' &&
    typeof contentType === 'string' &&
    isCount(createdAt) &&
    (state === 'recording' || state === 'stopped') &&
    isCount(headBytes)
  if (!whole) return null
  const parsed = target === null || target === undefined ? null : parseTarget(target)
  if (target && parsed === null) return null
  return { id, title, contentType, createdAt, state, headBytes, target: parsed }
}

function parseTarget(value: unknown): SpoolTarget | null {
  if (!isRecord(value)) return null
  const { recordingId, ingestUrl, token, cut, offset, crc, firstEvent = 0 } = value as Partial<SpoolTarget>
  const whole =
    typeof recordingId === 'string' &&
    typeof ingestUrl === 'string' &&
    typeof token === 'string' &&
    isCount(cut) &&
    isCount(offset) &&
    isCount(crc) &&
    isCount(firstEvent)
  return whole ? { recordingId, ingestUrl, token, cut, offset, crc, firstEvent } : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
