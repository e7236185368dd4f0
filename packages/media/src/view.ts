import type { Layout } from './layout.ts'

/** A published form of a body: there at once, or why not. */
export type View =
  | { state: 'ready'; layout: Layout }
  | { state: 'needs-encode'; reason: string }
  | { state: 'unsupported'; reason: string }

/** Whether a view is there; `reason` is null when it is. */
export type ViewStanding = { state: View['state']; reason: string | null }
