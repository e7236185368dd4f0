import mime from 'mime'

/** Of a file, by its name. */
export function contentTypeOf(name: string): string {
  return mime.getType(name) ?? 'application/octet-stream'
}

const types: readonly [RegExp, string][] = [
  [/^application\/vnd\.umf\.events\+json/, 'events'],
  [/^(text\/vtt|application\/(x-subrip|ttml\+xml))/, 'transcript'],
  [/^video\//, 'video'],
  [/^audio\//, 'audio'],
  [/^image\//, 'image'],
  [/^(text|application)\/(javascript|wasm|typescript|x-(sh|python|perl|java-source|c))/, 'code'],
  [/^text\/(plain|markdown|html|rtf)/, 'document'],
  [
    /^application\/(pdf|rtf|msword|epub\+zip|xhtml\+xml|vnd\.(ms-(powerpoint|excel)|openxml|oasis\.opendocument))/,
    'document',
  ],
]

/** What an item of this content is by default; `data` where nothing tells. */
export function itemTypeOf(contentType: string): string {
  return types.find(([form]) => form.test(contentType))?.[1] ?? 'data'
}
