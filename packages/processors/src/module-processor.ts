import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { ConversionError } from './conversion-error.ts'
import { type Processor, type ProcessorJob, throwIfCancelled } from './processor.ts'

/** Captions of a day are about 3 MB; all of it is in memory at once. */
export const MOST_TEXT_BYTES: number = 32 * 2 ** 20

/** A processor that is a function from one content that fits into memory to another. */
export function moduleProcessor(
  name: string,
  convert: (bytes: Uint8Array, job: ProcessorJob) => string | Uint8Array,
): Processor {
  return {
    name,
    async convert(job) {
      const made = convert(await readSmall(job.inputs[0]!.path), job)
      if (made.length > job.limits.outputBytes) {
        throw new ConversionError('output-too-large', `the result has over ${job.limits.outputBytes} bytes`)
      }
      throwIfCancelled(job.signal)
      await writeFile(job.output, made)
    },
  }
}

async function readSmall(path: string): Promise<Uint8Array> {
  const { size } = await stat(path)
  if (size > MOST_TEXT_BYTES) {
    throw new ConversionError('input-too-large', `text and peaks may have ${MOST_TEXT_BYTES} bytes, not ${size}`)
  }
  return await readFile(path)
}

/** The first bytes of a file. */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
