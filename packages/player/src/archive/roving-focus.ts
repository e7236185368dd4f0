// A list of buttons as one stop of the Tab key, in which arrows lead on (WAI-ARIA Authoring Practices, roving tabindex): nobody
// should have to pass a thousand cues to leave a transcript.

const steps: Record<string, (from: number, last: number) => number> = {
  ArrowDown: (from, last) => Math.min(from + 1, last),
  ArrowUp: (from) => Math.max(from - 1, 0),
  Home: () => 0,
  End: (_from, last) => last,
}

/** Moves the focus within `list` as a key asks. */
export function rove(list: readonly HTMLElement[], event: KeyboardEvent): void {
  const from = list.indexOf(event.target as HTMLElement)
  const step = steps[event.key]
  if (from < 0 || step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  const to = list[step(from, list.length - 1)]!
  takeStop(list[from], to)
  to.focus()
}

/** Where Tab comes to from now on. */
export function takeStop(from: HTMLElement | undefined, to: HTMLElement | undefined): void {
  if (from === to) return
  from?.setAttribute('tabindex', '-1')
  to?.setAttribute('tabindex', '0')
}
