// A session of Panopto: what its viewer is told (DeliveryInfo, as JSON), or a session as it is handed in (Universal Capture Specification,
// as XML). Panopto gives neither out as one package: people save them beside the media.
import { decodeText, type FoundFile, readStart } from '../../input/found-file.ts'
import { ArchiveFolder, claimsAround } from '../archive-folder.ts'
import type { Family } from '../family.ts'
import { captionsSchema, deliverySchema, readDelivery, type SavedCaptions } from './delivery.ts'
import { readSession } from './session.ts'

const SESSION = 'application/xml;root=Session'

export const panopto: Family = {
  format: 'panopto',

  async claims(files) {
    const found: FoundFile[] = []
    for (const file of files) if ((await isSession(file)) || (await isDelivery(file))) found.push(file)
    return claimsAround(found)
  },

  async read(files, { root }) {
    const folder = new ArchiveFolder(files, root)
    const session = folder.ofKind(SESSION)[0]
    const tree = session === undefined ? null : await folder.xml(session)
    if (tree !== null) return readSession(folder, session!, tree)
    for (const file of folder.ofKind('application/json')) {
      if (!(await isDelivery(file))) continue
      const told = await folder.json(file, deliverySchema)
      if (told === null) continue
      folder.know(file, { title: 'What Panopto’s viewer is told' })
      return readDelivery(folder, told.Delivery, await savedCaptions(folder))
    }
    return folder.reading({ format: 'panopto', metadata: {}, kept: null, tracks: [], decks: [], events: [] })
  },
}

/** Its namespace really is that; it stands at the beginning. */
async function isSession(file: FoundFile): Promise<boolean> {
  if (file.kind !== SESSION) return false
  return decodeText(await readStart(file, 4096)).includes('UniversalCaptureSpecification')
}

/** What else has a delivery has none with streams and a session. */
async function isDelivery(file: FoundFile): Promise<boolean> {
  if (file.kind !== 'application/json') return false
  const start = Buffer.from(await readStart(file, 256 * 1024)).toString('latin1')
  return (
    /"Delivery"\s*:\s*\{/.test(start) && /"(?:PodcastStreams|Streams|SessionName|SessionStartTime)"\s*:/.test(start)
  )
}

/** The viewer's captions, where they were saved: a list, in another file. */
async function savedCaptions(folder: ArchiveFolder): Promise<SavedCaptions | null> {
  for (const file of folder.ofKind('application/json')) {
    const start = Buffer.from(await readStart(file, 4096)).toString('latin1')
    if (!/^\s*\[/.test(start) || !/"CaptionDuration"|"Caption"\s*:/.test(start)) continue
    const captions = await folder.json(file, captionsSchema)
    if (captions !== null && captions.length > 0) return { file, captions }
  }
  return null
}
