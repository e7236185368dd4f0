// Why an archive can't be opened, or not be read any further, and what to say of it.
import { HttpSourceError, UmfError } from '@rushes/umf'

export type ArchiveProblem =
  | { kind: 'unreachable' }
  | { kind: 'missing' }
  /** The server gives whole files only. */
  | { kind: 'no-ranges' }
  | { kind: 'not-an-archive' }
  /** It is one, and breaks a rule of its format; `what` names it. */
  | { kind: 'damaged'; what: string }
  | { kind: 'too-large' }
  /** Another file stands in its place now. */
  | { kind: 'changed' }
  /** The file on this machine can't be read, or not any more. */
  | { kind: 'unreadable' }

/** Of whatever was thrown while an archive was opened or read. */
export function archiveProblem(fault: unknown, isFile: boolean): ArchiveProblem {
  if (fault instanceof HttpSourceError) return httpProblem(fault)
  if (!(fault instanceof UmfError)) throw fault
  switch (fault.code) {
    case 'not-umf':
      return { kind: 'not-an-archive' }
    case 'too-large':
      return { kind: 'too-large' }
    case 'source':
      return isFile ? { kind: 'unreadable' } : { kind: 'unreachable' }
    default:
      return { kind: 'damaged', what: fault.message }
  }
}

function httpProblem({ failure, status = 0 }: HttpSourceError): ArchiveProblem {
  if (failure === 'changed' || failure === 'no-ranges') return { kind: failure }
  if (failure === 'no-answer' || status >= 500) return { kind: 'unreachable' }
  // RFC 9110 §15.5.17: an empty file has no last bytes.
  return status === 416 ? { kind: 'not-an-archive' } : { kind: 'missing' }
}

export type ArchiveExplanation = { heading: string; advice: string; mayRetry: boolean }

const explanations: Record<ArchiveProblem['kind'], ArchiveExplanation> = {
  unreachable: {
    heading: 'The archive can’t be reached',
    advice:
      'Check your connection. If the file lies on another site, that site must allow this page to read it (CORS).',
    mayRetry: true,
  },
  missing: {
    heading: 'The archive is not here',
    advice: 'It was moved, deleted, or is not shared with you. Ask whoever sent you the link.',
    mayRetry: true,
  },
  'no-ranges': {
    heading: 'This server can’t play archives',
    advice:
      'It gives whole files only, or hides which part it gives. It must answer range requests (most servers can); you can also download the file and open it from disk.',
    mayRetry: true,
  },
  'not-an-archive': {
    heading: 'This file is no archive',
    advice: 'Only universal media files (.umf) open here.',
    mayRetry: false,
  },
  damaged: {
    heading: 'The archive is damaged',
    advice:
      'What lists its content can’t be read; perhaps it was not copied to its end. Its video may still play in a video player.',
    mayRetry: true,
  },
  'too-large': {
    heading: 'The archive is too large',
    advice: 'It lists more than this player takes.',
    mayRetry: false,
  },
  changed: {
    heading: 'The archive was changed',
    advice: 'Another version of the file stands in its place since you opened it. Open it again to see that one.',
    mayRetry: true,
  },
  unreadable: {
    heading: 'The file can’t be read',
    advice: 'It was changed, moved or deleted since you chose it. Choose it again.',
    mayRetry: true,
  },
}

/** The problem in plain words, and what to do about it. */
export function explainArchiveProblem({ kind }: ArchiveProblem): ArchiveExplanation {
  return explanations[kind]
}
