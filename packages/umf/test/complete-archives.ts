// Small archives in which everything there is occurs: slots, generations, records, signatures, inline items, several extents,
// erased bytes, something to play, an extension.
import { joined } from '../src/box.ts'
import { encodeAnchor, newSigningKey, openEditor, SLOTS, signer, UmfWriter } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { split } from './hand-made.ts'
import { MemoryFile } from './memory-file.ts'

const text = (content: string) => new TextEncoder().encode(content)
const item = (name: string) => ({ name, type: 'data', contentType: 'text/plain' })
const video = { name: 'main.mp4', type: 'video', contentType: 'video/mp4', durationMs: 10 } as const

async function written(records: boolean, slot: boolean): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void all.push(piece.slice()), sha256, records })
  const moov = joined([text('\0\0\0\x10moov12345678'), text('\0\0\0\x28mdat')])
  await writer.media(video, moov, text('these are the pictures, and sound'.slice(0, 32)))
  await writer.add({ item: item('one'), content: text('content of one') }, { item: item('none'), content: text('') })
  await writer.add(
    { item: item('two'), content: text('the second one') },
    { item: item('tiny'), inline: text('inline bytes') },
  )
  await writer.add({ item: item('away'), pointer: 'https://example.org/' })
  await writer.extension('abcd', text('of somebody'))
  await writer.finish({ title: 'All of it' })
  const bytes = joined(all)
  if (slot) bytes.set(encodeAnchor(writer.anchor, sha256), SLOTS[0])
  return bytes
}

/** By what they are; `records`: it ends with two of them. */
export async function completeArchives(): Promise<{ name: string; bytes: Uint8Array }[]> {
  const streamed = await written(true, false)
  const file = new MemoryFile(await split(await written(false, true), 'two', 5))
  const editor = await openEditor(file, sha256)
  await editor.edit(
    { put: [{ item: item('doomed'), content: text('to be erased') }], remove: ['one'] },
    { by: 'record' },
  )
  await editor.edit({ put: [{ item: item('small'), inline: text('more inline') }] })
  await editor.erase(['doomed'])
  await editor.edit({ put: [{ item: item('last'), content: text('the last one') }] })
  const keys = await newSigningKey()
  await editor.sign([signer('Ada', keys), signer('Bo', keys)])
  const signed = file.bytes
  const going = new MemoryFile(signed)
  const goer = await openEditor(going, sha256)
  await goer.edit({ put: [{ item: item('three'), content: text('third, by record') }] }, { by: 'record' })
  await goer.edit(
    { put: [{ item: item('two'), content: text('replaced') }], metadata: { title: null } },
    { by: 'record' },
  )
  return [
    { name: 'streamed, without a slot', bytes: streamed },
    { name: 'edited, erased and signed', bytes: signed },
    { name: 'with records behind its index', bytes: going.bytes },
  ]
}
