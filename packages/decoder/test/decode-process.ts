// A decoder in a process of its own, to be killed: OPTIONS (JSON) is DecoderOptions with a path as its output.
import { writeSync } from 'node:fs'
import { fileOutput, openDecoder } from '../src/index.ts'

const { output, ...options } = JSON.parse(process.argv[2] ?? '{}')
const decoder = await openDecoder({
  ...options,
  output: await fileOutput(output),
  onProgress: ({ segments }) => writeSync(1, `segments ${segments}\n`),
})
writeSync(1, `${JSON.stringify(await decoder.done)}\n`)
