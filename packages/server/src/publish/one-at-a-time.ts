/** Runs what takes a while one after the other, however many ask; what has the same key runs once for all of them. */
export interface Queue {
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result>
  /** Settles when nothing runs. */
  idle(): Promise<void>
}

export function oneAtATime(): Queue {
  const running = new Map<string, Promise<unknown>>()
  let turn: Promise<unknown> = Promise.resolve()
  return {
    run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
      const known = running.get(key)
      if (known !== undefined) return known as Promise<Result>
      const result = turn.then(task).finally(() => running.delete(key))
      running.set(key, result)
      turn = result.catch(() => {})
      return result
    },
    async idle() {
      await turn
    },
  }
}
