import type { Item } from '@rushes/umf'

/** What a transcript or captions are called: by their title, else by their language in the reader's own. */
export function languageWords({ title, language, name }: Item): string {
  if (title !== undefined) return title.slice(0, 100)
  if (language === undefined) return name
  try {
    return new Intl.DisplayNames(undefined, { type: 'language' }).of(language) ?? language
  } catch {
    return language // RangeError: no BCP 47
  }
}
