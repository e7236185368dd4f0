//   recording ── SIGINT ──> finishing ── SIGINT ──> suspending
//       ├── SIGTERM, or SIGHUP of a terminal that went away ──> suspending
//       └── SIGHUP of a service, its options still good ──> restarting
export type Wish = 'record' | 'finish' | 'suspend' | 'restart'

export interface StopSignals {
  readonly wish: Wish
  close(): void
}

export type StopHandlers = {
  /** Why it must not be started again; null: it may. */
  checkAgain(): Promise<string | null>
  onWish(wish: Exclude<Wish, 'record'>): void
  note(text: string): void
}

/**
 * Ctrl-C ends the event and delivers the rest; again, it stops, and the spool keeps what is left. SIGTERM, from a service
 * manager, finishes the segment that is being made and leaves the event open: started again, it goes on.
 */
export function watchStopSignals({ checkAgain, onWish, note }: StopHandlers): StopSignals {
  let wish: Wish = 'record'
  // A terminal says by SIGHUP that it is gone; a service manager, that there are new options.
  const hasTerminal = process.stdin.isTTY || process.stderr.isTTY

  function want(next: Exclude<Wish, 'record'>): void {
    wish = next
    onWish(next)
  }

  async function startAgain(): Promise<void> {
    const problem = await checkAgain()
    if (wish !== 'record') return
    if (problem === null) want('restart')
    else note(`not started again, and going on as before: ${problem}`)
  }

  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGINT() {
      if (wish !== 'record') return want('suspend')
      note('ending the event and delivering the rest; once more to stop, and deliver it another time')
      want('finish')
    },
    SIGTERM: () => want('suspend'),
    SIGHUP() {
      if (hasTerminal) want('suspend')
      else void startAgain()
    },
  }
  for (const [signal, handle] of Object.entries(handlers)) process.on(signal, handle)
  return {
    get wish() {
      return wish
    },
    close() {
      for (const [signal, handle] of Object.entries(handlers)) process.off(signal, handle)
    },
  }
}
