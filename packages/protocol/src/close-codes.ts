/** Why a receiver closed (SPEC.md, Close codes), and what the sender does then. */
export type CloseName =
  | 'normal'
  | 'going-away'
  | 'message-too-big'
  | 'bad-message'
  | 'unauthorized'
  | 'not-found'
  | 'timeout'
  | 'stale-epoch'
  | 'gone'
  | 'offset-conflict'
  | 'recording-too-large'
  | 'checksum-mismatch'
  | 'window-exceeded'
  | 'storage-failed'
  | 'unavailable'
  | 'storage-full'

export type AfterClose = 'done' | 'reconnect' | 'reconnect-later' | 'stop'

export const closeCodes: Readonly<Record<CloseName, { code: number; sender: AfterClose }>> = {
  normal: { code: 1000, sender: 'done' },
  'going-away': { code: 1001, sender: 'reconnect' },
  'message-too-big': { code: 1009, sender: 'stop' },
  'bad-message': { code: 4400, sender: 'stop' },
  unauthorized: { code: 4401, sender: 'stop' },
  'not-found': { code: 4404, sender: 'stop' },
  timeout: { code: 4408, sender: 'reconnect' },
  'stale-epoch': { code: 4409, sender: 'stop' },
  gone: { code: 4410, sender: 'stop' },
  'offset-conflict': { code: 4412, sender: 'reconnect' },
  'recording-too-large': { code: 4413, sender: 'stop' },
  'checksum-mismatch': { code: 4422, sender: 'reconnect' },
  'window-exceeded': { code: 4429, sender: 'reconnect' },
  'storage-failed': { code: 4500, sender: 'reconnect' },
  unavailable: { code: 4503, sender: 'reconnect' },
  'storage-full': { code: 4507, sender: 'reconnect-later' },
}

const byCode = new Map<number, CloseName>(
  Object.entries(closeCodes).map(([name, { code }]) => [code, name as CloseName]),
)

/** The name of a close code; codes that are not in the table count as `going-away`. */
export function closeName(code: number): CloseName {
  return byCode.get(code) ?? 'going-away'
}
