export type ConvertErrorCode =
  | 'no-such-file' // an input is no file and no folder
  | 'file-exists' // where the archive is to be
  | 'unreadable' // it is not what it says, or damaged where nothing can be had without it
  | 'too-large' // more bytes, files, events or depth than anybody's recording has
  | 'hostile-name' // a name that leads out of the archive, or a link
  | 'nothing-found' // there is nothing in it that can be kept
  | 'misused' // wishes that can't be fulfilled by anybody
  | 'stopped' // by whoever started it; run again, it goes on
  | 'failed' // a step without which there is no result was possible to nobody

/** Why an input cannot be converted; `message` says what to do. */
export class ConvertError extends Error {
  readonly code: ConvertErrorCode

  constructor(code: ConvertErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConvertError'
    this.code = code
  }
}
