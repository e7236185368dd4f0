/** What a browser shows by itself and never runs. */
const shown = /^(?:audio|video)\/|^image\/(?!svg)|^text\/(?:plain|vtt)$|^application\/(?:json|pdf)$/
/** What pages may load as part of themselves, from us too, as far as our own policy goes. */
const run = /(?:javascript|ecmascript|livescript|jscript)$|^text\/css$|^application\/wasm$/

/**
 * The type under which an item of somebody's archive is sent, and whether it is only to be saved. Markup and code are: under
 * our address they would be ours.
 */
export function shownType(contentType: string): { contentType: string; isDownload: boolean } {
  const essence = contentType.split(';')[0]!.trim().toLowerCase()
  const isDownload = !shown.test(essence)
  return { contentType: run.test(essence) ? 'application/octet-stream' : contentType, isDownload }
}
