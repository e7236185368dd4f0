import { clearLine, cursorTo } from 'node:readline'

/** As much of a job's state as is shown. */
type ShownJob = {
  tasks: ReadonlyMap<string, { id: string; rule: string; state: 'waiting' | 'running' | 'done' | 'failed' }>
}

export interface JobProgress extends Disposable {
  show(job: ShownJob, progress: ReadonlyMap<string, number>): void
}

const redrawMs = 200

/** On stderr: one line that is drawn again where somebody watches, else a line for each task that has ended. */
export function watchJob(stream: NodeJS.WriteStream = process.stderr): JobProgress {
  const ended = new Set<string>()
  let drawnAt = 0
  return {
    show({ tasks }, progress) {
      const all = [...tasks.values()]
      const over = all.filter(({ state }) => state === 'done' || state === 'failed')
      if (!stream.isTTY) {
        for (const { id, state } of over) {
          if (ended.has(id)) continue
          ended.add(id)
          stream.write(`${state} ${id} (${ended.size} of ${all.length})\n`)
        }
        return
      }
      const now = performance.now()
      if (now - drawnAt < redrawMs) return
      drawnAt = now
      const parts = all
        .filter(({ state }) => state === 'running')
        .map(({ id, rule }) => `${rule} ${Math.floor((progress.get(id) ?? 0) * 100)} %`)
      const line = `convert ${over.length} of ${all.length}: ${parts.join(', ')}`
      clearLine(stream, 0)
      cursorTo(stream, 0)
      stream.write(line.slice(0, Math.max(20, stream.columns - 1)))
    },
    [Symbol.dispose]() {
      if (!stream.isTTY) return
      clearLine(stream, 0)
      cursorTo(stream, 0)
    },
  }
}
