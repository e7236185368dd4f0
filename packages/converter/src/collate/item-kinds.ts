/** Media type of an item whose content is of this kind. */
export function contentTypeOf(kind: string): string {
  if (kind === 'application/x-empty') return 'application/octet-stream'
  const type = kind.split(';')[0]!
  return type.startsWith('text/') && type !== 'text/vtt' ? `${type}; charset=utf-8` : type
}

const types: readonly [RegExp, string][] = [
  [/^(text\/vtt|application\/(x-subrip|ttml\+xml)|text\/x-subviewer)/, 'transcript'],
  [/^video\//, 'video'],
  [/^audio\//, 'audio'],
  [/^image\//, 'image'],
  [/^text\/(plain|html)/, 'document'],
  [/^application\/(pdf|msword|x-ole-storage|vnd\.(oasis\.opendocument|openxmlformats|ms-))/, 'document'],
]

/** What an item of this content is, where nobody knows more. */
export function itemTypeOf(kind: string): string {
  return types.find(([form]) => form.test(kind))?.[1] ?? 'data'
}
