// What an archive says of itself, in the terms of Dublin Core (https://www.dublincore.org/specifications/dublin-core/dcmi-terms/).
import type { ExportContent } from './export-content.ts'
import { element, xmlDocument } from './xml-text.ts'

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

function names(people: unknown): string[] {
  if (!Array.isArray(people)) return []
  return people.map((each) => text((each as { name?: unknown } | null)?.name)).filter((name) => name !== '')
}

export type Described = { started: string; creators: string[]; language: string; series: string }

export function describedBy({ archive: { metadata } }: Pick<ExportContent, 'archive'>): Described {
  const started = Date.parse(text(metadata['started']))
  const { source } = metadata as { source?: { series?: unknown } | null }
  return {
    started: Number.isFinite(started) ? new Date(started).toISOString() : '',
    creators: names(metadata['authors']),
    language: text(metadata['language']),
    series: text(source?.series),
  }
}

/** An episode's catalog, as Opencast has it. @param id of the mediapackage */
export function episodeCatalog(content: ExportContent, id: string): string {
  const { metadata } = content.archive
  const { started, creators, language } = describedBy(content)
  const { place } = metadata as { place?: { name?: unknown } | null }
  const ended = started === '' ? '' : new Date(Date.parse(started) + content.durationMs).toISOString()
  const term = (name: string, value: string, type?: string) =>
    value === '' ? null : element(`dcterms:${name}`, type === undefined ? {} : { 'xsi:type': `dcterms:${type}` }, value)
  const period = started === '' ? '' : `start=${started}; end=${ended}; scheme=W3C-DTF;`
  return xmlDocument(
    element(
      'dublincore',
      {
        xmlns: 'http://www.opencastproject.org/xsd/1.0/dublincore/',
        'xmlns:dcterms': 'http://purl.org/dc/terms/',
        'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      },
      term('title', content.title || 'Untitled'),
      term('description', text(metadata['description'])),
      ...creators.map((name) => term('creator', name)),
      term('created', started, 'W3CDTF'),
      term('temporal', period, 'Period'),
      term('extent', `PT${Math.round(content.durationMs) / 1000}S`, 'ISO8601'),
      term('language', language),
      term('spatial', text(place?.name)),
      term('identifier', id),
    ),
  )
}
