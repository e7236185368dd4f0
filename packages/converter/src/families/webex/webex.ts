// Recordings of WebEx in its own forms, ARF and WRF. No description of them is public, and nothing that reads them whole: they are
// recognised, kept as they are, and it is said what to do.
import { type FoundFile, readStart } from '../../input/found-file.ts'
import { claimsAround } from '../archive-folder.ts'
import type { Family } from '../family.ts'
import { recordings } from '../recordings/recordings.ts'
import { readPlain } from '../unknown.ts'

export const webex: Family = {
  format: 'webex',

  async claims(files) {
    const found: FoundFile[] = []
    for (const file of files) if ((await formOf(file)) !== null) found.push(file)
    return claimsAround(found)
  },

  async read(files, claim) {
    const own = files.filter(({ name }) => name.startsWith(claim.root))
    // Beside it there may be what its player has made of it.
    const others = (await recordings.claims(own)).length > 0
    const reading = others ? await recordings.read(own, claim) : readPlain(own)
    const notes = [...reading.notes]
    for (const file of own) {
      const form = await formOf(file)
      if (form === null) continue
      const message =
        `it is a recording of WebEx in its own form (${form}), which only WebEx's programs read: it is kept as it is. ` +
        'Download the meeting as MP4 from your WebEx site, or convert it with the Network Recording Player, and give that'
      notes.push({ severity: 'warning', code: 'webex-only', message, resource: file.name })
    }
    return { ...reading, format: 'webex', notes }
  },
}

/**
 * Published signatures of ARF disagree (01 00 02 00, 01 00 39 30) and begin like much else, and there is none of WRF: here, and here
 * alone, the ending has a say, of what no other content is told by.
 */
async function formOf(file: FoundFile): Promise<'ARF' | 'WRF' | null> {
  if (file.kind !== 'application/octet-stream' || file.size < 64) return null
  const [first, second] = await readStart(file, 2)
  if (first === 1 && second === 0 && /\.arf$/i.test(file.name)) return 'ARF'
  return /\.wrf$/i.test(file.name) ? 'WRF' : null
}
