export type CaptureErrorCode =
  | 'permission-denied' // the user or a policy said no
  | 'no-device' // no such camera, microphone or screen
  | 'in-use' // another program holds the device
  | 'not-supported' // this browser, or an insecure page, cannot capture
  | 'nothing-chosen' // the options name no source
  | 'failed' // anything else; `cause` has it

/** Why a source could not be opened. `source` says which one. */
export class CaptureError extends Error {
  readonly code: CaptureErrorCode
  readonly source: 'screen' | 'camera' | 'microphone' | null

  constructor(code: CaptureErrorCode, source: CaptureError['source'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CaptureError'
    this.code = code
    this.source = source
  }
}

// Names of DOMException that getUserMedia and getDisplayMedia reject with (Media Capture and Streams §10.1,
// Screen Capture §5.1).
const byName: Readonly<Record<string, CaptureErrorCode>> = {
  NotAllowedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'no-device',
  OverconstrainedError: 'no-device',
  NotReadableError: 'in-use',
  AbortError: 'in-use',
  NotSupportedError: 'not-supported',
  TypeError: 'not-supported',
}

export function captureError(source: CaptureError['source'], cause: unknown): CaptureError {
  if (cause instanceof CaptureError) return cause
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : ''
  const text = cause instanceof Error ? cause.message : String(cause)
  return new CaptureError(byName[name] ?? 'failed', source, `${source ?? 'capture'}: ${text}`, { cause })
}
