// A kind of job whose tasks do what their request says: real programs that keep a core busy, wait, fail.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Note, Resource, TaskInput } from '@rushes/pipeline'
import type { JobKind } from '../src/process/job-kind.ts'

export type TestRequest = {
  /** Of a deck each. */
  pages: number[]
  /** ms that a page takes. */
  pageMs: number
  /** Answered by the task that puts all together. */
  end?: 'done' | 'critical'
  /** Page on which the fast processor gives up. */
  brokenPage?: number
  memoryBytes?: number
}

const resource = (name: string, kind: string, data: unknown = null): Resource => {
  return { name, kind, data: data as Resource['data'] }
}
const note = (severity: Note['severity'], code: string, message: string): Note => ({ severity, code, message })

export type TestKind = JobKind & {
  /** Tasks that were begun, with how often. */
  begun: Map<string, number>
  finished: string[]
}

export function testKind(): TestKind {
  const begun = new Map<string, number>()
  const finished: string[] = []
  return {
    begun,
    finished,
    async plan({ id, request, folder }) {
      const { pages, pageMs, end = 'done', brokenPage, memoryBytes = 50e6 } = request as TestRequest
      const candidate = (processor: string, seconds = 1) => ({ processor, seconds, memoryBytes })
      const counted = (run: (input: TaskInput) => Promise<Answer>) => (input: TaskInput) => {
        const key = `${id} ${input.task}`
        begun.set(key, (begun.get(key) ?? 0) + 1)
        return run(input)
      }
      const drawPage = async (input: TaskInput): Promise<Answer> => {
        const [page] = input.takes
        await busy(pageMs, input)
        const name = `${page!.name}.png`
        await writeFile(join(folder, name.replaceAll('/', '-')), 'a picture')
        return { severity: 'info', gave: [resource(name, 'image/png')] }
      }
      return {
        inputs: pages.map((count, index) => resource(`deck-${index + 1}`, 'deck', count)),
        wants: ['archive'],
        ruleset: [
          { name: 'split', each: 'deck', gives: ['page', 'sound'], candidates: [candidate('splitter', 2)] },
          {
            name: 'draw',
            each: 'page',
            gives: ['image/png'],
            candidates: [candidate('fast'), candidate('careful', 3)],
          },
          { name: 'listen', each: 'sound', gives: ['words'], candidates: [candidate('speech', 8)] },
          { name: 'collate', all: ['image/png', 'words'], gives: ['archive'], candidates: [candidate('collator')] },
        ],
        processors: [
          {
            name: 'splitter',
            run: counted(async (input) => {
              await busy(pageMs / 2, input)
              const [deck] = input.takes
              const names = Array.from({ length: deck!.data as number }, (_, index) => `${deck!.name}/${index + 1}`)
              const made = [...names.map((name) => resource(name, 'page')), resource(`${deck!.name}/sound`, 'sound')]
              return { severity: 'info', gave: made }
            }),
          },
          {
            name: 'fast',
            run: counted(async (input) => {
              if (brokenPage === undefined || !input.takes[0]!.name.endsWith(`/${brokenPage}`)) return drawPage(input)
              await busy(pageMs / 2, input)
              const words = `slide ${brokenPage} can’t be read: its picture ends too early`
              return { severity: 'warning', gave: null, notes: [note('warning', 'broken-slide', words)] }
            }),
          },
          {
            name: 'careful',
            run: counted(async (input) => {
              await busy(pageMs * 2, input)
              const answer = await drawPage(input)
              const mended = note('warning', 'slide-mended', 'the slide was mended, a picture on it is missing')
              return { ...answer, severity: 'warning', notes: [mended] } as Answer
            }),
          },
          {
            name: 'speech',
            run: counted(async (input) => {
              await busy(pageMs * 4, input)
              return { severity: 'info', gave: [resource(`${input.takes[0]!.name}.vtt`, 'words')] }
            }),
          },
          {
            name: 'collator',
            run: counted(async (input) => {
              await busy(pageMs, input)
              if (end === 'critical') {
                return { severity: 'critical', notes: [note('critical', 'nothing-left', 'nothing in it can be shown')] }
              }
              return {
                severity: 'info',
                gave: [resource('archive.umf', 'archive', input.takes.map(({ name }) => name).sort())],
              }
            }),
          },
        ],
      }
    },
    async finish({ id }) {
      finished.push(id)
    },
  }
}

/** A program that keeps a core busy, as encoders do. */
async function busy(ms: number, { signal, onProgress }: TaskInput): Promise<void> {
  const from = performance.now()
  const child = spawn(process.execPath, ['-e', `const end=Date.now()+${ms};while(Date.now()<end);`], {
    stdio: 'ignore',
  })
  const ticking = setInterval(() => onProgress(Math.min(1, (performance.now() - from) / Math.max(1, ms))), 50)
  const stop = () => child.kill('SIGKILL')
  signal.addEventListener('abort', stop)
  await once(child, 'exit')
  clearInterval(ticking)
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
}
