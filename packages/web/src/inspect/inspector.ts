import type { CheckResult } from '@rushes/umf'
import type { Inspection, Task, TaskAnswer } from './inspection.ts'
import type { ShownFile } from './shown-file.ts'

export class InspectFault extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'InspectFault'
    this.code = code
  }
}

/** Does one task at a time in a worker, which is loaded before the first one. */
export class Inspector {
  #worker: Worker
  #reject: ((fault: InspectFault) => void) | null = null

  constructor() {
    this.#worker = newWorker()
  }

  /** @throws InspectFault by the codes of UmfError, `cancelled` */
  async open(file: ShownFile): Promise<Inspection> {
    const answer = await this.#ask({ task: 'open', ...placeOf(file) }, () => {})
    if (answer.kind !== 'opened') throw new InspectFault('unknown', 'the worker answered something else')
    return answer.inspection
  }

  /** Reads every byte. @throws InspectFault as {@link open} */
  async check(file: ShownFile, onProgress: (done: number, total: number) => void): Promise<CheckResult> {
    const answer = await this.#ask({ task: 'check', ...placeOf(file) }, onProgress)
    if (answer.kind !== 'checked') throw new InspectFault('unknown', 'the worker answered something else')
    return answer.result
  }

  /** Ends what is going on. */
  cancel(): void {
    if (this.#reject === null) return
    this.#worker.terminate()
    this.#reject(new InspectFault('cancelled', 'it was cancelled'))
    this.#reject = null
    this.#worker = newWorker()
  }

  close(): void {
    this.#worker.terminate()
    this.#reject?.(new InspectFault('cancelled', 'the page was left'))
  }

  #ask(task: Task, onProgress: (done: number, total: number) => void): Promise<TaskAnswer> {
    this.cancel()
    const worker = this.#worker
    return new Promise<TaskAnswer>((resolve, reject) => {
      this.#reject = reject
      worker.onmessage = ({ data }: MessageEvent<TaskAnswer>) => {
        if (data.kind === 'progress') onProgress(data.done, data.total)
        else if (data.kind === 'failed') reject(new InspectFault(data.code, data.message))
        else resolve(data)
      }
      worker.onerror = () => reject(new InspectFault('unknown', 'the part that reads files could not be loaded'))
      worker.postMessage(task)
    }).finally(() => {
      if (worker === this.#worker) this.#reject = null
    })
  }
}

function newWorker(): Worker {
  return new Worker(new URL('./inspector-worker.ts', import.meta.url), { type: 'module', name: 'inspector' })
}

function placeOf(file: ShownFile): { file: Blob } | { address: string } {
  return file.kind === 'file' ? { file: file.blob } : { address: file.address }
}
