import { CaptureError } from '@rushes/recorder'

const things = { screen: 'your screen', camera: 'the camera', microphone: 'the microphone' } as const

/** Why nothing could be recorded, and what to do. Null: the user closed the browser's dialogue, and knows. */
export function captureWords(fault: unknown): string {
  if (!(fault instanceof CaptureError)) return fault instanceof Error ? fault.message : String(fault)
  const thing = fault.source === null ? 'the device' : things[fault.source]
  switch (fault.code) {
    case 'permission-denied':
      return fault.source === 'screen'
        ? 'No screen was shared. Press Record again and pick a screen, a window or a tab. On a Mac, the browser must be allowed under System Settings › Privacy › Screen Recording.'
        : `The browser may not use ${thing}. Allow it with the icon at the left of the address bar, then try again.`
    case 'no-device':
      return fault.source === 'screen'
        ? 'There is no screen that can be recorded here.'
        : `There is no such device: ${thing}. Plug it in or choose another one, then try again.`
    case 'in-use':
      return `Another program is using ${thing}. Close it there, then try again.`
    case 'not-supported':
      return globalThis.isSecureContext === false
        ? insecureWords
        : `This browser can’t record ${thing}. Try a current Chrome, Edge, Firefox or Safari.`
    case 'nothing-chosen':
      return 'Choose a screen, a camera or the microphone first.'
    case 'failed':
      return `Opening ${thing} failed: ${fault.message}.`
  }
}

export const insecureWords =
  'Browsers only let pages record over HTTPS or on this very computer. Open this page at an https:// address, or at http://localhost.'
