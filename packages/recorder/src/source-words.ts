import type { SourceKind } from './capture/source.ts'

const things: Record<SourceKind, { name: string; lost: string }> = {
  screen: { name: 'The screen', lost: 'it' },
  camera: { name: 'The camera', lost: 'it' },
  'second-camera': { name: 'The second camera', lost: 'it' },
  microphone: { name: 'The microphone', lost: 'its sound' },
}

/** Which source was lost in mid-recording, by the name its owner knows, and what follows. */
export function lostWords({ kind, label }: { kind: SourceKind; label: string }, goesOn: boolean): string {
  const { name, lost } = things[kind]
  // Browsers label screens with ids of their own.
  const what = kind === 'screen' ? `${name} is no longer shared` : `${name}${label && ` “${label}”`} is gone`
  return goesOn
    ? `${what}: recording goes on without ${lost}.`
    : `${what}: nothing is left to record, so the recording ends here.`
}
