import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RecordingView } from '@rushes/protocol'

const run = promisify(execFile)

/** Pictures of the published file, as ffprobe counts them without decoding; the file itself, by its URL. */
export async function countPackets(view: RecordingView): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-show_entries', 'stream=nb_read_packets']
  const { stdout } = await run('ffprobe', [...args, '-of', 'csv=p=0', view.mp4Url!])
  return Number.parseInt(stdout, 10)
}
