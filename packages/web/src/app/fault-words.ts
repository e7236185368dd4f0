import { ApiError } from '@rushes/protocol'

const byCode: Record<string, string> = {
  unreachable: 'The server does not answer. Check that it is running and that you are connected, then try again.',
  'bad-answer': 'The server answered something unexpected. Reload the page: it may have been updated.',
}

const byStatus: Record<number, string> = {
  401: 'You are signed out. Sign in and try again.',
  404: 'This is no longer there.',
  429: 'Too many attempts. Wait a minute, then try again.',
  507: 'The server’s disk is full. Ask whoever runs it to make room.',
}

/** What went wrong and what to do, for people. */
export function faultWords(fault: unknown): string {
  if (fault instanceof ApiError) {
    const words = byCode[fault.code] ?? byStatus[fault.status]
    if (words !== undefined) return words
    if (fault.status >= 500) return `The server ran into a problem: ${fault.message}. Try again in a moment.`
    return sentence(fault.message)
  }
  return sentence(fault instanceof Error ? fault.message : String(fault))
}

function sentence(text: string): string {
  const trimmed = text.trim() || 'Something went wrong'
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? '' : '.'}`
}
