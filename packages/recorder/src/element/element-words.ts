import { CaptureError } from '../capture/capture-error.ts'

const things = { screen: 'the screen', camera: 'the camera', microphone: 'the microphone' } as const

/** What went wrong, and what to do about it, for whoever wanted to record. */
export function faultWords(fault: unknown): string {
  if (!(fault instanceof CaptureError)) return fault instanceof Error ? fault.message : String(fault)
  const thing = fault.source === null ? 'anything' : things[fault.source]
  switch (fault.code) {
    case 'permission-denied':
      return `This page may not record ${thing}. Allow it in the browser’s address bar, then try again.`
    case 'no-device':
      return `There is nothing to record as ${thing}. Plug it in, or choose something else.`
    case 'in-use':
      return `Another program uses ${thing}. Close it there, then try again.`
    case 'not-supported':
      return globalThis.isSecureContext === false
        ? 'Browsers record only on https pages, and on localhost.'
        : `This browser can’t record ${thing}.`
    case 'nothing-chosen':
      return 'Choose what to record first.'
    case 'failed':
      return `${fault.message}.`
  }
}
